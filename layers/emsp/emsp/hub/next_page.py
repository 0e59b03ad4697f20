"""Follow a list of the Hub page by page, even if its paging headers are wrong.

`following` computes the next page from one page, without I/O: a pull stores the Cursor after each page, and
another process can continue from it.

What real lists do, and how we react:
- There is no Link, though X-Total-Count says that there is more: we compute the next offset.
- The server lowers the page size (X-Limit), but the Link's offset is further away: we lower the Link's
  offset.
- A Link lacks the filters or the limit of the request: we add them.
- X-Total-Count shrinks: a deletion moved later objects forward, past our position. We step back by as many.
- A Link leads back: the list has ended if we received everything; otherwise it is a PagingLoop.
- A page has no objects: we follow its Link. Without a Link we skip the page, and the result is uncertain.

Source: OCPI 2.2.1 transport and format, pagination; the Hub's guide, which says that pages can be empty.
"""

from collections.abc import Mapping
from copy import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from emsp.ocpi.paging_headers import whole_number

STEPS_BACK_AT_MOST = 50
PAGE_CHANGE = 4
"""The factor by which pages are made smaller until one can be read, and larger after that."""
FILTERS = ("date_from", "date_to", "limit")
"""The parameters that a Link must have. Without `limit` the Hub may send ten objects per page."""


class BrokenPaging(Exception):
    """The list can't be read to its end. The next pull starts again."""


class PagingLoop(BrokenPaging):
    """The next page was read before, but objects are missing."""


class TooManyPages(BrokenPaging):
    """The list has more pages than are allowed."""


class Cursor(NamedTuple):
    """The position of a pull in a list."""

    url: str | None
    """The URL of the next page, or None at the end of the list."""
    pages: int = 0
    """The number of pages that were read."""
    total: int | None = None
    """The X-Total-Count of the previous page."""
    steps_back: int = 0
    """How often the pull went back because the list became shorter."""
    certain: bool = True
    """False if objects may have been skipped. Then an object that was not seen may still exist."""
    narrowed: bool = False
    """True while pages are smaller than usual, because one could not be read."""


class PageHeaders(NamedTuple):
    """The paging headers of an answer. `next_url` is absolute and has the Hub's origin."""

    next_url: str | None
    total: int | None
    limit: int | None


def first_url(endpoint: str, filters: Mapping[str, str], limit: int | None) -> str:
    """Return the URL of the first page, with `offset`, `limit` (left out if None) and the filters."""
    return with_query(endpoint, {**filters, "offset": "0", **({"limit": str(limit)} if limit else {})})


def with_query(url: str, changes: Mapping[str, str]) -> str:
    """Return the URL with these query parameters set and the others unchanged."""
    parts = urlsplit(url)
    pairs = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in changes
    ]
    return urlunsplit(parts._replace(query=urlencode([*pairs, *changes.items()], safe=":")))


def query_number(url: str, name: str) -> int | None:
    """Return a whole number in the URL's query, or None."""
    for key, value in parse_qsl(urlsplit(url).query):
        if key.lower() == name:
            return whole_number(value)
    return None


def likely_next(cursor: Cursor, headers: PageHeaders) -> str | None:
    """Return the URL of the next page by the headers alone. It is requested while this page is read."""
    if headers.next_url is None or _missed(cursor, headers):
        return None
    return _after_link(cursor.url or "", headers)


def following(cursor: Cursor, headers: PageHeaders, count: int, *, pages_at_most: int) -> Cursor:
    """Return the cursor after the page at `cursor`, which had `count` objects. Raises PagingLoop and
    TooManyPages.
    """
    here = cursor.url or ""
    offset = _offset(cursor, headers)
    after = replace(
        cursor, pages=cursor.pages + 1, total=cursor.total if headers.total is None else headers.total
    )
    missed = _missed(cursor, headers)
    if missed and offset and cursor.steps_back < STEPS_BACK_AT_MOST:
        url = with_query(here, {"offset": str(max(0, offset - missed))})
        return _capped(replace(after, url=url, steps_back=cursor.steps_back + 1), pages_at_most)
    passed_by = (
        count == 0 and headers.next_url is None and offset is not None and offset < (headers.total or 0)
    )
    if (missed and offset != 0) or passed_by:
        after = replace(after, certain=False)
    return _capped(replace(after, url=_next_url(cursor, headers, offset, count)), pages_at_most)


def smaller(cursor: Cursor) -> Cursor | None:
    """Return the same position with a smaller page, or None if that is impossible.

    It is impossible if the page has one object, or if the URL has no limit.
    """
    limit = query_number(cursor.url or "", "limit")
    if limit is None or limit <= 1 or query_number(cursor.url or "", "offset") is None:
        return None
    url = with_query(cursor.url or "", {"limit": str(limit // PAGE_CHANGE or 1)})
    return replace(cursor, url=url, narrowed=True)


def larger(cursor: Cursor, limit_at_most: int | None) -> Cursor:
    """Return the same position with a larger page, if pages had to be made smaller before."""
    limit = query_number(cursor.url or "", "limit")
    if limit is None or limit_at_most is None or limit >= limit_at_most or not cursor.narrowed:
        return cursor
    limit = min(limit * PAGE_CHANGE, limit_at_most)
    url = with_query(cursor.url or "", {"limit": str(limit)})
    return replace(cursor, url=url, narrowed=limit < limit_at_most)


def beyond_one(cursor: Cursor, *, pages_at_most: int) -> Cursor:
    """Return the cursor after a page of one object that cannot be read. Raises TooManyPages."""
    offset = query_number(cursor.url or "", "offset") or 0
    at_end = cursor.total is not None and offset + 1 >= cursor.total
    url = None if at_end else with_query(cursor.url or "", {"offset": str(offset + 1)})
    return _capped(replace(cursor, url=url, pages=cursor.pages + 1, certain=False), pages_at_most)


def _offset(cursor: Cursor, headers: PageHeaders) -> int | None:
    """Return the offset of the page, or None if it is unknown. A list without Links begins at 0."""
    offset = query_number(cursor.url or "", "offset")
    return 0 if offset is None and cursor.pages == 0 and headers.next_url is None else offset


def _missed(cursor: Cursor, headers: PageHeaders) -> int:
    """Return how many objects may have moved to before our position since the previous page."""
    if cursor.total is None or headers.total is None:
        return 0
    return max(0, cursor.total - headers.total)


def _next_url(cursor: Cursor, headers: PageHeaders, offset: int | None, count: int) -> str | None:
    here = cursor.url or ""
    if headers.next_url:
        url = _after_link(here, headers)
        if url:
            return url
        if headers.total is not None and offset is not None and offset + count >= headers.total:
            return None
        raise PagingLoop(
            f"page {cursor.pages + 1} ({here}) names {headers.next_url} as the next page, which was "
            "read before: the Hub's list is broken, ask its support"
        )
    if offset is None or headers.total is None or offset + count >= headers.total:
        return None
    step = count or min(filter(None, (headers.limit, query_number(here, "limit"))), default=0)
    return with_query(here, {"offset": str(offset + step)}) if step else None


def _after_link(here: str, headers: PageHeaders) -> str | None:
    """Return the Link with our filters, or None if it leads to a page that was read before.

    If it would skip objects, its offset is reduced.
    """
    url = headers.next_url or ""
    offset, link_offset = query_number(here, "offset"), query_number(url, "offset")
    if link_offset is not None:
        url = _with_filters(url, here)
    if _place(url) == _place(here):
        return None
    if offset is None or link_offset is None:
        return url
    if link_offset < offset:
        return None
    if headers.limit and link_offset - offset > headers.limit:
        return with_query(url, {"offset": str(offset + headers.limit)})
    return url


def _with_filters(url: str, here: str) -> str:
    """Return the URL with our filters. Some Hubs omit them in Links, so that a delta pull would become a full
    one.
    """
    given, kept = {name.lower() for name in _query(url)}, _query(here)
    forgotten = {name: kept[name] for name in FILTERS if name in kept and name not in given}
    return with_query(url, forgotten) if forgotten else url


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _place(url: str) -> dict[str, str]:
    """Return the query without the page size. Without an `offset` it has offset 0."""
    return {"offset": "0", **{name: value for name, value in _query(url).items() if name != "limit"}}


def _capped(cursor: Cursor, pages_at_most: int) -> Cursor:
    if cursor.url is not None and cursor.pages >= pages_at_most:
        raise TooManyPages(
            f"the list goes on after {cursor.pages} pages ({cursor.url}): raise the page limit if it is "
            "that long, else ask the Hub's support"
        )
    return cursor
