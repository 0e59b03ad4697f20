"""Cuts a list into pages, with the headers and peculiarities of real Hubs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from tests.hub_simulator.envelope import bad_parameters, encoded_success, parse_timestamp
from tests.hub_simulator.http_server import Request, Response
from tests.hub_simulator.settings import LinkStyle, PagingSettings


def list_page[T](
    request: Request,
    url: str,
    select: Callable[[datetime | None, datetime | None], Sequence[T]],
    encode: Callable[[T], bytes],
    paging: PagingSettings,
) -> Response:
    """The page for offset, limit, date_from and date_to. `url` is the list's own absolute URL."""
    offset = _whole(request, "offset", 0)
    limit = max(1, min(_whole(request, "limit", paging.default_limit), paging.max_limit))
    rows = select(_moment(request, "date_from"), _moment(request, "date_to"))
    page = rows[max(0, offset - paging.repeated_rows) : offset + limit]
    following = offset + limit
    every = paging.empty_page_every
    if every and (offset // limit + 1) % every == 0 and "again" not in request.query:
        page, following = [], offset
    headers = {"X-Limit": str(paging.max_limit)}
    if paging.total_count:
        headers["X-Total-Count"] = str(len(rows))
    if following < len(rows):
        headers.update(_link(request, url, _Place(offset, following, limit, len(rows)), paging.link_style))
    return encoded_success(b"[" + b",".join(map(encode, page)) + b"]", headers)


@dataclass(frozen=True)
class _Place:
    offset: int
    following: int
    limit: int
    total: int


def _link(request: Request, url: str, place: _Place, style: LinkStyle) -> dict[str, str]:
    offset, following, limit = place.offset, place.following, place.limit

    def to(at: int, base: str = url) -> str:
        query = {"offset": str(at), "limit": str(limit)}
        if style is not LinkStyle.WITHOUT_FILTERS:
            query |= {name: request.query[name] for name in ("date_from", "date_to") if name in request.query}
        if at == offset == following:
            query["again"] = "1"  # the empty page was sent, so the next request gets the rows
        return f"{base}?{urlencode(query)}"

    path = "/" + url.split("/", 3)[3]
    match style:
        case LinkStyle.NONE:
            return {}
        case LinkStyle.RELATIVE:
            return {"Link": f'<{to(following, path)}>; rel="next"'}
        case LinkStyle.UPPER_CASE:
            return {"LINK": f'<{to(following)}>; REL="NEXT"'}
        case LinkStyle.UNQUOTED:
            return {"Link": f"<{to(following)}>; rel=next"}
        case LinkStyle.LOOP:
            return {"Link": f'<{to(offset)}>; rel="next"'}
        case LinkStyle.FOREIGN:
            return {"Link": f'<{to(following, "http://elsewhere.example" + path)}>; rel="next"'}
        case LinkStyle.INNER_SCHEME | LinkStyle.INNER_PORT | LinkStyle.INNER_HOST:
            return {"Link": f'<{to(following, _inner(url, style) + path)}>; rel="next"'}
        case LinkStyle.SEVERAL_RELS:
            last = (place.total - 1) // limit * limit
            links = ((0, "first"), (max(0, offset - limit), "prev"), (following, "next"), (last, "last"))
            return {"Link": ", ".join(f'<{to(at)}>; title="a, b"; rel="{rel}"' for at, rel in links)}
        case _:
            return {"Link": f'<{to(following)}>; rel="next"'}


def _inner(url: str, style: LinkStyle) -> str:
    scheme, _, rest = url.partition("://")
    netloc = rest.split("/", 1)[0]
    match style:
        case LinkStyle.INNER_SCHEME:
            return f"{'https' if scheme == 'http' else 'http'}://{netloc}"
        case LinkStyle.INNER_PORT:
            return f"{scheme}://{netloc.split(':')[0]}:9"
        case _:
            return "http://ocpi-service:8080"


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise bad_parameters(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _moment(request: Request, name: str) -> datetime | None:
    text = request.query.get(name)
    if not text:
        return None
    try:
        return parse_timestamp(text)
    except ValueError as e:
        raise bad_parameters(f"{name} must be a DateTime, not {text!r}") from e
