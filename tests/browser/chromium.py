"""A headless Chromium, spoken to by its DevTools protocol over a pipe: nothing to install beside it."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ANSWERS_WITHIN_S: Final = 30.0
KEY_CODES: Final = {"Tab": 9, "Enter": 13}
MISSING: Final = "no Chromium: `apt-get install chromium`, or name one in the variable CHROMIUM"


WENT_AWAY: Final = (
    "Inspected target navigated or closed",
    "Execution context was destroyed",
    "Cannot find context",
)


class BrowserFailed(Exception):
    """The browser ended, did not answer in time, or refused what it was told."""


class PageLeft(BrowserFailed):
    """Another page came while this one computed an answer, which is lost."""


def installed() -> str | None:
    """The browser's path."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Page:
    """A page in the browser. Raises BrowserFailed."""

    commands: int
    answers: int
    session: str | None = None
    errors: list[str] = field(default_factory=list)
    """What the page wrote to the console as an error, threw, or could not load."""
    _loaded: set[str] = field(default_factory=set)
    """The navigations whose page is loaded."""
    _sent: int = 0
    _read: bytes = b""

    def open(self, address: Path | str, width: int, height: int) -> None:
        """A file or a URL, as a screen of that many CSS pixels shows it."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        url = address.resolve().as_uri() if isinstance(address, Path) else address
        navigation = self.call("Page.navigate", url=url)["loaderId"]
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while navigation not in self._loaded:
            self._take(deadline)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or of its promise."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise BrowserFailed(f"{expression[:80]}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def press(self, key: str) -> None:
        """Tab or Enter, as the keyboard gives it."""
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": KEY_CODES[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **pressed, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def until(self, expression: str) -> None:
        """Waits for a JavaScript expression, or its promise, to be true, also across a change of the page."""
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while not self._is_true(expression):
            if time.monotonic() > deadline:
                shown = self.evaluate("document.body.innerText")[:500]
                raise BrowserFailed(f"never came: {expression}; shown is: {shown}; errors: {self.errors}")
            time.sleep(0.05)

    def _is_true(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(f"Promise.resolve({expression}).then(Boolean)"))
        except PageLeft:
            return False

    def screenshot(self, path: Path) -> Path:
        """A PNG of the whole page."""
        shown = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shown["data"]))
        return path

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        self._sent += 1
        message: dict[str, Any] = {"id": self._sent, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while True:
            told = self._take(deadline)
            if told.get("id") == self._sent:
                if "error" in told:
                    left = any(each in told["error"]["message"] for each in WENT_AWAY)
                    raise (PageLeft if left else BrowserFailed)(f"{method}: {told['error']}")
                result: dict[str, Any] = told["result"]
                return result

    def _take(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self.answers, 1 << 20) if ready else b""
            if not more:
                raise BrowserFailed("the browser ended" if ready else "the browser does not answer")
            self._read += more
        text, self._read = self._read.split(b"\0", 1)
        told: dict[str, Any] = json.loads(text)
        self._note(told.get("method", ""), told.get("params", {}))
        return told

    def _note(self, event: str, details: dict[str, Any]) -> None:
        if event == "Page.lifecycleEvent" and details["name"] == "load":
            self._loaded.add(details["loaderId"])
        wrong = (
            event == "Runtime.exceptionThrown"
            or (event == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"))
            or (event == "Log.entryAdded" and details["entry"]["level"] == "error")
            or (event == "Network.loadingFailed" and not details.get("canceled"))
        )
        if wrong:
            self.errors.append(f"{event}: {json.dumps(details)[:500]}")


@contextmanager
def a_page(browser: str) -> Iterator[Page]:
    """A page of a browser of its own."""
    child_reads, we_write = os.pipe()
    we_read, child_writes = os.pipe()
    with TemporaryDirectory() as profile:
        # The protocol is spoken on descriptors 3 and 4. Root has no sandbox.
        options = ["--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--hide-scrollbars"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        redirect = f'exec "$0" "$@" 3<&{child_reads} 4>&{child_writes}'
        process = subprocess.Popen(
            ["bash", "-c", redirect, browser, *options, "about:blank"],
            pass_fds=(child_reads, child_writes),
            stderr=subprocess.DEVNULL,
        )
        os.close(child_reads)
        os.close(child_writes)
        try:
            page = Page(we_write, we_read)
            target = page.call("Target.createTarget", url="about:blank")["targetId"]
            attached = page.call("Target.attachToTarget", targetId=target, flatten=True)
            page.session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            page.call("Page.setLifecycleEventsEnabled", enabled=True)
            yield page
        finally:
            os.close(we_write)
            os.close(we_read)
            process.terminate()
            process.wait(10)
