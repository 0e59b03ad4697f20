"""The headers of a paginated answer (transport and format chapter; RFC 8288 for Link)."""

import re
from collections.abc import Mapping

from emsp.ocpi.headers import LIMIT, LINK, TOTAL_COUNT

# Looking for the ends of quotes that never end takes time with the square of the length.
_MAX_LENGTH = 8_000
_QUOTED = r'"(?:[^"\\]|\\.)*"' + "|'[^']*'"
_LINK = re.compile(rf"<(?P<url>[^<>]*)>(?P<parameters>(?:\s*;(?:{_QUOTED}|[^\"',])*)?)")
_PARAMETER = re.compile(rf";\s*(?P<name>[^\s=;]+)(?:\s*=\s*(?P<value>{_QUOTED}|[^\s;]*))?")


def next_link(headers: Mapping[str, str]) -> str | None:
    """The URL of the next page as the peer wrote it (it may be relative), or None on the last page."""
    for url, rels in parse_links(headers.get(LINK, "")):
        if "next" in rels and url:
            return url
    return None


def parse_links(header: str) -> list[tuple[str, frozenset[str]]]:
    """The links of a Link header: each URL as it is, with its relations in lower case."""
    links = _LINK.finditer(header[:_MAX_LENGTH])
    return [(match["url"].strip(), _relations(match["parameters"])) for match in links]


def total_count(headers: Mapping[str, str]) -> int | None:
    """How many objects the server has for this query, or None where it does not say so in digits."""
    return whole_number(headers.get(TOTAL_COUNT))


def page_limit(headers: Mapping[str, str]) -> int | None:
    """How many objects the server puts on a page at most, or None where it does not say so in digits."""
    return whole_number(headers.get(LIMIT))


def whole_number(text: str | None) -> int | None:
    """The number in a header or a query, None for anything but 1 to 15 digits."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _relations(parameters: str) -> frozenset[str]:
    for match in _PARAMETER.finditer(parameters):
        if match["name"].lower() == "rel":
            # RFC 8288: a second rel does not count.
            return frozenset((match["value"] or "").strip("\"'").lower().split())
    return frozenset()
