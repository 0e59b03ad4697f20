"""A driver in front of the example app who has a keyboard alone, and looks at each screen with axe-core."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.browser.chromium import BrowserFailed, Page
from tests.local_cloud.places import LOCAL

AXE: Final = LOCAL / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS: Final = LOCAL / "driver-app"
TABS_AT_MOST: Final = 120
VIOLATIONS: Final = """axe.run().then(({violations, passes}) => ({
  passed: passes.length,
  found: violations.map(each =>
    each.id + ": " + each.nodes.map(node => node.html + " " + node.failureSummary)),
}))"""


@dataclass
class Visitor:
    """On a screen of this many CSS pixels."""

    page: Page
    screen: str
    width: int
    height: int
    axe: str | None
    shots: list[Path] = field(default_factory=list)

    def open(self, url: str) -> None:
        self.page.open(url, self.width, self.height)

    def go_to(self, selector: str) -> None:
        """By Tab, from where the focus is. Raises BrowserFailed for what no keyboard reaches."""
        is_there = f"document.activeElement?.matches({json.dumps(selector)})"
        for _ in range(TABS_AT_MOST):
            if self.page.evaluate(is_there):
                return
            self.page.press("Tab")
        raise BrowserFailed(f"no Tab leads to {selector}")

    def take(self, selector: str) -> None:
        """As soon as it is there: by Tab, then Enter."""
        self.page.until(f"document.querySelector({json.dumps(selector)})")
        self.go_to(selector)
        self.page.press("Enter")

    def write(self, selector: str, text: str) -> None:
        """In place of what the field has."""
        self.go_to(selector)
        self.page.evaluate("document.activeElement.select()")
        self.page.call("Input.insertText", text=text)

    def text(self, selector: str) -> str:
        return str(self.page.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    def see(self, name: str) -> None:
        """A screenshot; asserts that nothing is wrong with the screen."""
        self.shots.append(self.page.screenshot(SHOTS / f"{name}-{self.screen}.png"))
        beyond = self.page.evaluate("document.documentElement.scrollWidth") - self.width
        assert beyond <= 0, f"{name}: {beyond} px beyond the right edge"
        assert self.page.evaluate("document.querySelectorAll('h1').length") == 1, name
        if self.axe is not None:
            self.page.evaluate(f"{self.axe}; 0")
            looked = self.page.evaluate(VIOLATIONS)
            assert looked["passed"] > 5
            assert looked["found"] == [], name
