"""The page that tells who may do what is that of the template."""

from tests.template.permissions import PAGE, page
from tests.template.template import functions


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make permissions`"


def test_every_function_is_on_it() -> None:
    for name in functions():
        assert f"| `{name}` |" in page()
