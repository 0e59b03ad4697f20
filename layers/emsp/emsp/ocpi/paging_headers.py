"""The headers of a paginated answer (transport and format chapter; RFC 8288 for Link)."""

import re
from collections.abc import Mapping

from emsp.ocpi.headers import LIMIT, LINK, TOTAL_COUNT

# The length is limited, because the search for the end of unclosed quotes takes quadratic time.
_MAX_LENGTH = 8_000
_QUOTED = r'"(?:[^"\\]|\\.)*"' + "|'[^']*'"
_LINK = re.compile(rf"<(?P<url>[^<>]*)>(?P<parameters>(?:\s*;(?:{_QUOTED}|[^\"',])*)?)")
_PARAMETER = re.compile(rf";\s*(?P<name>[^\s=;]+)(?:\s*=\s*(?P<value>{_QUOTED}|[^\s;]*))?")


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the URL of the next page as received (it may be relative), or None on the last page."""
    for url, rels in parse_links(headers.get(LINK, "")):
        if "next" in rels and url:
            return url
    return None


def parse_links(header: str) -> list[tuple[str, frozenset[str]]]:
    """Return the links of a Link header: each URL unchanged, with its relations in lower case."""
    links = _LINK.finditer(header[:_MAX_LENGTH])
    return [(match["url"].strip(), _relations(match["parameters"])) for match in links]


def total_count(headers: Mapping[str, str]) -> int | None:
    """Return X-Total-Count, the number of objects that match the query, or None if it is missing or no
    number.
    """
    return whole_number(headers.get(TOTAL_COUNT))


def page_limit(headers: Mapping[str, str]) -> int | None:
    """Return X-Limit, the server's largest page size, or None if it is missing or no number."""
    return whole_number(headers.get(LIMIT))


def whole_number(text: str | None) -> int | None:
    """Return the number in a header or a query, or None unless it has 1 to 15 digits."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _relations(parameters: str) -> frozenset[str]:
    for match in _PARAMETER.finditer(parameters):
        if match["name"].lower() == "rel":
            # RFC 8288, section 3.3: a second rel is ignored.
            return frozenset((match["value"] or "").strip("\"'").lower().split())
    return frozenset()
