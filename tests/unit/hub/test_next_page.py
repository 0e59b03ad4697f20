"""Following lists, whatever their paging headers look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.hub.next_page import (
    Cursor,
    PageHeaders,
    PagingLoop,
    TooManyPages,
    first_url,
    following,
    likely_next,
    query_number,
)
from tests.profiles import examples

LIST = "https://hub.example/ocpi/2.2.1/locations"


def after(
    url: str,
    count: int,
    *,
    link: str | None = None,
    total: int | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> Cursor:
    cursor = Cursor(url, total=before)
    return following(cursor, PageHeaders(link, total, limit), count, pages_at_most=100)


def test_the_first_page_has_filters_offset_and_limit() -> None:
    assert first_url(LIST, {"date_from": "2026-01-01T00:00:00Z"}, 50) == (
        f"{LIST}?date_from=2026-01-01T00:00:00Z&offset=0&limit=50"
    )
    assert first_url(f"{LIST}?x=1", {}, None) == f"{LIST}?x=1&offset=0"


def test_a_link_is_followed_as_it_is() -> None:
    link = f"{LIST}?limit=50&offset=50&opaque=a%2Fb"
    assert after(f"{LIST}?offset=0&limit=50", 50, link=link, total=120).url == link


def test_a_cursor_that_is_no_offset_is_followed() -> None:
    link = f"{LIST}?page_token=abc"
    assert after(f"{LIST}?offset=0", 50, link=link).url == link
    assert after(link, 50, link=f"{LIST}?page_token=def").url == f"{LIST}?page_token=def"


def test_without_a_link_the_total_tells_that_more_is_there() -> None:
    assert after(f"{LIST}?offset=50&limit=50", 50, total=120).url == f"{LIST}?limit=50&offset=100"
    assert after(f"{LIST}?offset=100&limit=50", 20, total=120).url is None
    assert after(f"{LIST}?offset=0&limit=50", 50).url is None


def test_an_empty_page_without_a_link_is_passed_by_its_limit() -> None:
    passed = after(f"{LIST}?offset=0&limit=50", 0, total=120, limit=40)
    assert passed.url == f"{LIST}?limit=50&offset=40"
    assert not passed.certain
    assert after(f"{LIST}?offset=0", 0, total=120).url is None


def test_an_empty_page_with_a_link_is_followed() -> None:
    link = f"{LIST}?offset=50&limit=50&again=1"
    assert after(f"{LIST}?offset=50&limit=50", 0, link=link, total=120).url == link


def test_a_link_that_leaps_over_a_lowered_page_is_lowered() -> None:
    link = f"{LIST}?offset=500&limit=500"
    assert (
        query_number(after(f"{LIST}?offset=0&limit=500", 50, link=link, limit=50).url or "", "offset") == 50
    )
    assert after(f"{LIST}?offset=0&limit=500", 400, link=link, limit=500).url == link


def test_a_link_that_forgets_the_filters_gets_them_back() -> None:
    url = after(f"{LIST}?date_from=2026-01-01T00:00:00Z&offset=0", 50, link=f"{LIST}?offset=50").url
    assert url == f"{LIST}?offset=50&date_from=2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "link", [f"{LIST}?offset=50&limit=50", f"{LIST}?limit=50&offset=50", f"{LIST}?offset=0"]
)
def test_a_link_that_leads_back_is_a_loop_while_objects_are_missing(link: str) -> None:
    with pytest.raises(PagingLoop, match="read before"):
        after(f"{LIST}?offset=50&limit=50", 50, link=link, total=120)
    assert after(f"{LIST}?offset=50&limit=50", 50, link=link, total=100).url is None


def test_a_list_that_shrank_is_read_again_from_where_objects_moved_to() -> None:
    moved = after(f"{LIST}?offset=100&limit=50", 50, link=f"{LIST}?offset=150", total=197, before=200)
    assert query_number(moved.url or "", "offset") == 97
    assert (moved.steps_back, moved.total, moved.certain) == (1, 197, True)
    assert (
        likely_next(Cursor(f"{LIST}?offset=100", total=200), PageHeaders(f"{LIST}?offset=150", 197, None))
        is None
    )


def test_beyond_the_end_of_a_list_that_shrank_the_reading_steps_back() -> None:
    assert query_number(after(f"{LIST}?offset=200", 0, total=120, before=230).url or "", "offset") == 90


def test_a_list_that_shrinks_without_offsets_is_uncertain() -> None:
    moved = after(f"{LIST}?page_token=a", 50, link=f"{LIST}?page_token=b", total=197, before=200)
    assert moved.url == f"{LIST}?page_token=b"
    assert not moved.certain


def test_a_list_without_an_end_is_given_up() -> None:
    cursor = Cursor(f"{LIST}?offset=0", pages=99)
    with pytest.raises(TooManyPages):
        following(cursor, PageHeaders(f"{LIST}?offset=1", None, None), 1, pages_at_most=100)


@examples(2)
@given(
    size=st.integers(0, 60),
    page=st.integers(1, 12),
    links=st.booleans(),
    deletions=st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 59), max_size=4), max_size=4),
    additions=st.dictionaries(st.integers(0, 12), st.integers(1, 3), max_size=3),
)
def test_whatever_is_there_all_the_time_is_seen(
    size: int, page: int, links: bool, deletions: dict[int, list[int]], additions: dict[int, int]
) -> None:
    """A list from which objects are deleted, and to which others are added, while it is read."""
    objects = list(range(size))
    seen: set[int] = set()
    deleted: set[int] = set()
    cursor = Cursor(first_url(LIST, {}, page))
    requests = 0
    while cursor.url is not None:
        for each in deletions.get(requests, []):
            if each in objects:
                objects.remove(each)
                deleted.add(each)
        if not deletions.get(requests):
            objects += [1000 + 10 * requests + n for n in range(additions.get(requests, 0))]
        requests += 1
        offset = query_number(cursor.url, "offset") or 0
        shown = objects[offset : offset + page]
        more = offset + page < len(objects)
        link = f"{LIST}?offset={offset + page}&limit={page}" if links and more else None
        seen.update(shown)
        cursor = following(cursor, PageHeaders(link, len(objects), page), len(shown), pages_at_most=500)
    assert set(range(size)) - deleted <= seen


def test_a_list_that_is_asked_for_without_an_offset_begins_at_0() -> None:
    """hubclientinfo: no offset, no Link, but X-Total-Count."""
    second = after(LIST, 10, total=25)
    assert second.url == f"{LIST}?offset=10"
    third = following(second, PageHeaders(None, 25, None), 10, pages_at_most=9)
    assert third.url == f"{LIST}?offset=20"
    assert following(third, PageHeaders(None, 25, None), 5, pages_at_most=9).url is None
    assert after(LIST, 25, total=25).url is None


def test_a_later_page_that_names_no_offset_says_nothing_of_its_place() -> None:
    second = following(Cursor(LIST), PageHeaders(f"{LIST}?page=2", 25, None), 10, pages_at_most=9)
    assert second.url == f"{LIST}?page=2"
    assert following(second, PageHeaders(None, 25, None), 10, pages_at_most=9).url is None


@pytest.mark.parametrize("link", ["?offset=10", "?offset=10&Limit=10", "?offset=10&limit=10"])
def test_a_link_that_forgets_the_limit_gets_ours_back(link: str) -> None:
    url = after(f"{LIST}?offset=0&limit=1000", 10, link=LIST + link, total=2500).url
    assert query_number(url or "", "limit") == (1000 if link == "?offset=10" else 10), "what it says stands"
    assert query_number(url or "", "offset") == 10
