"""Whether a receipt is sent as a page."""

import pytest

from emsp.driver_api.charge_routes import _prefers_html


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json, text/html", False),
        ("application/json;q=0.5, text/html", True),
        ("text/html;q=0.1, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
        ("," * 100_000 + "text/html", False),
    ],
)
def test_a_page_is_sent_to_who_prefers_it(accept: str, page: bool) -> None:
    assert _prefers_html(accept) is page
