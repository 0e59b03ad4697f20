"""Runs MiniStack as a process: starts it on a port, recognizes it by its process id, and ends it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.local_cloud.places import CLOUD_PYTHON, LOCAL, MINISTACK, installed

REGION: Final = "ap-south-1"
ACCOUNT_ID = "123456789012"
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"
READY_WITHIN_S = 60
STOPPED_WITHIN_S = 2
# Each concurrent Lambda call needs a process. More than this would only wait for the processors.
CONCURRENT_LAMBDAS = 32


class ServerFailed(Exception):
    """The local cloud could not be started. The message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """A running MiniStack."""

    pid: int
    port: int
    folder: str

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return Path(self.folder) / "server.log"

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def is_ours(self) -> bool:
        """Whether the process id still belongs to the started server (ids are reused)."""
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return self.is_ready()
        return b"ministack" in command

    def stop(self) -> None:
        """Ends the server and its Lambdas, which are in its process group, and deletes its files."""
        if self.is_ours():
            _signal_group(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + STOPPED_WITHIN_S
            while _is_running(self.pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            _signal_group(self.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Server | None":
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def start(port: int | None = None) -> Server:
    """Starts MiniStack on the port, or on a free one, and waits until it answers. Raises ServerFailed.

    Its environment contains only the variables below, because every Lambda inherits all of it.
    """
    interpreter = installed(CLOUD_PYTHON)
    if port is not None and not _is_free(port):
        raise ServerFailed(f"port {port} is in use: end what listens there, or choose another with PORT=...")
    port = port or _free_port()
    LOCAL.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="server-", dir=LOCAL))
    (folder / "tmp").mkdir()
    environment = {
        "PATH": f"{interpreter.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "LAMBDA_ACCOUNT_CONCURRENCY": str(CONCURRENT_LAMBDAS),
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [interpreter, MINISTACK],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process.pid, port, str(folder))
    deadline = time.monotonic() + READY_WITHIN_S
    while not server.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = server.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            server.stop()
            raise ServerFailed(f"the local cloud did not start on port {port}; its log ends with:\n{tail}")
        time.sleep(0.1)
    return server


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_running(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    except ChildProcessError:
        pass  # another process started it, so its own parent collects the exit status
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
