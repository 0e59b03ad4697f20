"""The page that says which token may do what is that of the code."""

from tests.template.access_table import PAGE, page, table


def test_the_table_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make permissions`"
    assert table() in PAGE.read_text(encoding="utf-8")
