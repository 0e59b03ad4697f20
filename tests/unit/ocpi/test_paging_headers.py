"""The next page is found in every form of Link that peers send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.ocpi.headers import Headers
from emsp.ocpi.paging_headers import next_link, page_limit, parse_links, total_count

NEXT = "https://hub.example.in/ocpi/2.2.1/locations?offset=50&limit=50"


@pytest.mark.parametrize(
    "link",
    [
        f'<{NEXT}>; rel="next"',
        f"<{NEXT}>;rel=next",
        f"<{NEXT}>; rel='next'",
        f'<{NEXT}> ; REL = "NEXT"',
        f'<{NEXT}>; rel="last next"',
        f'<{NEXT}>; title="a, b; rel=prev"; rel="next"',
        f'<{NEXT}>; title="with \\" quote"; rel="next"; type="application/json"',
        f'<https://hub.example.in/1>; rel="prev", <{NEXT}>; rel="next"',
        f'<{NEXT}>; rel="next", <https://hub.example.in/9>; rel="last"',
        f'<{NEXT}>;rel="next",<https://hub.example.in/9>;rel="last"',
        f'< {NEXT} >; rel="next"',
        f'<{NEXT}>; rel="next";',
        f'<https://hub.example.in/a,b;rel="next">; rel="first", <{NEXT}>; rel="next"',
    ],
)
def test_the_next_link_is_found(link: str) -> None:
    assert next_link(Headers({"link": link})) == NEXT


@pytest.mark.parametrize(
    "link",
    [
        "",
        f'<{NEXT}>; rel="prev"',
        f'<{NEXT}>; rel="nextpage"',
        f'<{NEXT}>; title="next"',
        f'<{NEXT}>; rel="prev"; rel="next"',
        f"<{NEXT}>",
        '<>; rel="next"',
        'rel="next"',
        f"{NEXT}",
    ],
)
def test_other_links_are_not_the_next(link: str) -> None:
    assert next_link(Headers({"Link": link})) is None


def test_without_a_link_there_is_no_next_page() -> None:
    assert next_link(Headers()) is None


@pytest.mark.parametrize(
    "url", ["/ocpi/2.2.1/locations?offset=50", "?offset=50", "//hub.example.in/x", "../locations"]
)
def test_a_relative_link_is_left_as_it_is(url: str) -> None:
    assert next_link(Headers({"Link": f'<{url}>; rel="next"'})) == url


def test_filters_with_colons_and_encoded_characters_are_kept() -> None:
    url = "https://hub.example.in/ocpi/2.2.1/cdrs/?offset=100&date_from=2016-01-01T00:00:00Z&x=%3E%2C%22"
    assert next_link(Headers({"Link": f'<{url}>; rel="next"'})) == url


urls = st.text(
    st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="<>"), min_size=1
)
relations = st.lists(st.sampled_from(["next", "prev", "last", "first"]), min_size=1, max_size=3, unique=True)


@given(st.lists(st.tuples(urls, relations), max_size=5))
def test_every_link_that_was_written_is_read(links: list[tuple[str, list[str]]]) -> None:
    header = ", ".join(f'<{url}>; rel="{" ".join(rels)}"' for url, rels in links)
    assert parse_links(header) == [(url, frozenset(rels)) for url, rels in links]


@given(st.text(max_size=200) | st.text("<>;,=\"'\\ relnxt", max_size=200))
def test_any_header_is_read_without_an_error(header: str) -> None:
    next_link(Headers({"Link": header}))


def test_a_hostile_header_is_read_in_time() -> None:
    for part in ('<a>;"', "<a>;'", "<a>; rel=", "<", '<a>;\\"', "<a>; ; "):
        next_link(Headers({"Link": part * 5_000}))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1200", 1200),
        (" 50 ", 50),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1,200", None),
        ("many", None),
    ],
)
def test_counts_are_whole_numbers_or_unknown(text: str, number: int | None) -> None:
    assert total_count(Headers({"X-Total-Count": text})) == number
    assert page_limit(Headers({"x-limit": text})) == number


def test_counts_that_are_not_there_are_unknown() -> None:
    assert total_count(Headers()) is None
    assert page_limit(Headers()) is None
