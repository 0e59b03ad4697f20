"""The demo's report in a real browser, on a desk and on a phone."""

from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.browser.legible import SCREENS, hold_legible
from tests.demo.report.page import page as html_of
from tests.demo.report.page import write
from tests.unit.demo.test_report import journey


@pytest.mark.parametrize("screen", SCREENS)
def test_the_report_is_legible(browser_page: Page, tmp_path: Path, screen: str) -> None:
    shown = journey()
    report = write(shown, tmp_path / "report.html")
    hold_legible(browser_page, report, [entry.title for entry in shown.entries], screen)


@pytest.mark.parametrize(
    "spoilt",
    [
        "<script>throw new Error('spoilt')</script>",
        "<script>console.error('spoilt')</script>",
        "<img src='file:///nowhere.png'>",
        "<p style='font-size: 8px'>too small</p>",
        "<p style='width: 3000px'>" + "too wide " * 300 + "</p>",
        "<details class='entry'><summary>One too many</summary></details>",
    ],
)
@pytest.mark.parametrize("screen", SCREENS)
def test_what_is_wrong_is_seen(browser_page: Page, tmp_path: Path, screen: str, spoilt: str) -> None:
    shown, report = journey(), tmp_path / "report.html"
    report.write_text(html_of(shown).replace("</main>", f"{spoilt}</main>"), encoding="utf-8")
    with pytest.raises(AssertionError):
        hold_legible(browser_page, report, [entry.title for entry in shown.entries], screen)
    browser_page.errors.clear()
