"""Whether the demo's report can be read on a screen: what a person would see, measured by a browser."""

import struct
from pathlib import Path
from typing import Any, Final

from tests.browser.chromium import Page

SCREENS: Final = {"desk": (1280, 900), "phone": (390, 844)}
SMALLEST_PX: Final = 12.0
MEASURE: Final = """(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), small = [], outside = [];
  const width = document.documentElement.clientWidth;
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim(), holder = texts.currentNode.parentElement;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const box = range.getBoundingClientRect();
    if (!text || !box.width || !box.height) continue;
    const scale = holder.getScreenCTM ? holder.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(holder).fontSize) * scale;
    if (size < SMALLEST) small.push(`${size.toFixed(1)} px: ${text.slice(0, 40)}`);
    if (box.left < -1 || box.right > width + 1) outside.push(text.slice(0, 40));
  }
  return {small, outside, scrolls: document.documentElement.scrollWidth - width,
          text: document.body.innerText, entries: document.querySelectorAll('details.entry').length};
})()"""
UNFOLD: Final = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


def hold_legible(page: Page, report: Path, titles: list[str], screen: str) -> Path:
    """A screenshot beside the report; asserts that no error came, that each of `titles` is there, and that
    all can be read without scrolling sideways, folded and unfolded.
    """
    page.open(report, *SCREENS[screen])
    folded = _measured(page)
    assert folded["entries"] == len(titles)
    told = " ".join(folded["text"].split())
    missing = [title for title in titles if " ".join(title.split()) not in told]
    assert not missing
    shot = page.screenshot(report.with_name(f"{report.stem}-{screen}.png"))
    assert _width_of(shot) == SCREENS[screen][0]
    page.evaluate(UNFOLD)
    unfolded = _measured(page)
    assert len(unfolded["text"]) > len(folded["text"])
    for seen in (folded, unfolded):
        assert seen["small"] == []
        assert seen["outside"] == []
        assert seen["scrolls"] <= 0
    assert page.errors == []
    return shot


def _measured(page: Page) -> dict[str, Any]:
    measured: dict[str, Any] = page.evaluate(MEASURE.replace("SMALLEST", str(SMALLEST_PX)))
    return measured


def _width_of(png: Path) -> int:
    width: int = struct.unpack(">I", png.read_bytes()[16:20])[0]
    return width
