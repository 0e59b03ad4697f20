"""What the tests' own browser must bear."""

from pathlib import Path

import pytest

from tests.browser.chromium import Page, PageLeft

# It answers on the second page alone; on the first it leaves for that, and its promise never ends.
ON_THE_SECOND = (
    "location.pathname.endsWith('second.html') || (location.href = 'second.html', new Promise(() => {}))"
)


@pytest.fixture
def first_page(browser_page: Page, tmp_path: Path) -> Page:
    for name in ("first", "second"):
        (tmp_path / f"{name}.html").write_text(f"<h1>{name}</h1>", encoding="utf-8")
    browser_page.open(tmp_path / "first.html", 800, 600)
    return browser_page


def test_a_wait_survives_a_change_of_the_page(first_page: Page) -> None:
    first_page.until(ON_THE_SECOND)
    assert first_page.evaluate("document.body.innerText") == "second"


def test_an_answer_that_a_change_of_the_page_took_is_an_error(first_page: Page) -> None:
    with pytest.raises(PageLeft):
        first_page.evaluate(ON_THE_SECOND)
