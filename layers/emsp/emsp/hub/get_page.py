"""Get the pages of a list from the Hub, as text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from emsp.deadline import Deadline
from emsp.hub.allowed_urls import url_of_link
from emsp.hub.answers import RawAnswer, read_answer
from emsp.hub.client import HubClient
from emsp.hub.errors import MalformedAnswer, RequestTrace, UnreadablePage
from emsp.hub.next_page import Cursor, PageHeaders, following
from emsp.hub.request import HubRequest
from emsp.ocpi.list_text import Known, ListText, MalformedList, UnreadableList, split_list
from emsp.ocpi.paging_headers import next_link, page_limit, total_count
from emsp.timeouts import HUB_LIST_READ_S

ENVELOPE_BYTES: Final = 1024
PAGE_BYTES: Final = 8 * 1024 * 1024
"""The largest page, in bytes. Up to ten pages are in memory: the current one, the next one, and those being
written.
"""
SUCCESS: Final = re.compile(rb'"status_code"\s*:\s*1\d\d\d\b')


class NotAList(MalformedAnswer):
    """The Hub's answer is successful, but its data is no list."""


@dataclass(frozen=True)
class RawPage:
    """A page that seems successful. It is not parsed yet."""

    url: str
    raw: RawAnswer
    trace: RequestTrace
    headers: PageHeaders

    def objects(self, known: Known | None = None) -> ListText:
        """Return the objects of the page as text.

        Raises UnreadablePage, MalformedAnswer, NotAList, or the error of its status code.
        """
        try:
            text = split_list(self.raw.body, known)
        except UnreadableList as error:
            raise UnreadablePage(str(error), trace=self.trace, http_status=self.raw.http_status) from None
        except MalformedList as error:
            raise MalformedAnswer(str(error), trace=self.trace, http_status=self.raw.http_status) from None
        if text.status_code is None or not 1000 <= text.status_code < 2000:
            read_answer(self.raw, self.trace)
        if text.objects is None:
            raise NotAList(
                "the Hub's answer has no list in data: ask its support",
                trace=self.trace,
                http_status=self.raw.http_status,
            )
        return text


def get_page(client: HubClient, request: HubRequest) -> RawPage:
    """Return one page of a list. Raises the errors of emsp.hub.errors; ForeignUrl for a Link to another
    origin.
    """

    def read(raw: RawAnswer, trace: RequestTrace) -> RawPage:
        if not (raw.http_status < 300 and _looks_successful(raw.body)):
            read_answer(raw, trace)
        link, connection = next_link(raw.headers), client.connection
        headers = PageHeaders(
            next_url=url_of_link(link, request.url, connection.origin, allow_http=connection.allow_http)
            if link
            else None,
            total=total_count(raw.headers),
            limit=page_limit(raw.headers),
        )
        return RawPage(request.url, raw, trace, headers)

    return client.read(request, read)


def list_request(url: str, *, quota_module: str, max_wait_s: float, deadline: Deadline) -> HubRequest:
    """Return the request for a page. It has a longer timeout than a real-time request."""
    return HubRequest(
        "GET",
        url,
        quota_module=quota_module,
        max_wait_s=max_wait_s,
        deadline=deadline,
        read_timeout_s=HUB_LIST_READ_S,
        bytes_at_most=PAGE_BYTES,
    )


def each_page(client: HubClient, first: HubRequest, *, pages_at_most: int) -> Iterator[ListText]:
    """Yield all pages of a short list. Raises the errors of get_page, PagingLoop and TooManyPages."""
    cursor = Cursor(first.url)
    while cursor.url is not None:
        page = get_page(client, replace(first, url=cursor.url))
        text = page.objects()
        yield text
        cursor = following(cursor, page.headers, len(text.objects or ()), pages_at_most=pages_at_most)


def _looks_successful(body: bytes) -> bool:
    """Whether a success code is near the start or the end of the body, where the envelope is."""
    return bool(SUCCESS.search(body[:ENVELOPE_BYTES]) or SUCCESS.search(body[-ENVELOPE_BYTES:]))
