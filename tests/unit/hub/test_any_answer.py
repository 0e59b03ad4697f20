"""Rules that hold for whatever a Hub writes: no exception of Python's own, and no foreign origin."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emsp.connection.read_credentials import UnusableCredentials, read_credentials
from emsp.hub.allowed_urls import allowed_url, below, origin_of, url_of_link
from emsp.hub.answers import LONGEST_RETRY_AFTER_S, RawAnswer, read_answer, retry_after_s
from emsp.hub.discover_endpoints import _endpoints
from emsp.hub.endpoints import HubConnection, HubEndpoint
from emsp.hub.errors import ForeignUrl, HubError, MalformedAnswer, NoEndpoint, RequestTrace
from emsp.ocpi.headers import TokenEncoding
from emsp.stores.hub_credentials import HubCredentials, PendingExchange, StoredEndpoint

HUB = "https://hub.example/ocpi/2.2.1/locations?offset=0"
ORIGIN = origin_of(HUB, allow_http=False)
TRACE = RequestTrace("GET", "/x", "r", "c")

texts = st.text() | st.sampled_from(["", "2.2.1", "credentials", "RECEIVER", "https://hub.example/x", "//["])
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
urls = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "//", "http://", "https://", "HTTPS://", "ftp://", "javascript:"]),
    st.sampled_from(
        ["", "hub.example", "user@hub.example", "10.0.0.1", "[::1]", "elsewhere.example", "inner"]
    )
    | st.text(max_size=12),
    st.sampled_from(["", ":80", ":443", ":99999", ":x"]),
    st.text(max_size=12).map(lambda text: f"/{text}"),
    st.text(max_size=12).map(lambda text: f"?{text}"),
)


@given(urls | st.text())
@example("\\\\elsewhere.example/x")
@example("https:///elsewhere.example/x")
@example("https://hub.example\\@elsewhere.example/x")
def test_a_link_leads_to_the_hub_or_nowhere(link: str) -> None:
    try:
        url = url_of_link(link, HUB, ORIGIN, allow_http=False)
    except ForeignUrl:
        return
    assert allowed_url(url, ORIGIN, allow_http=False) == url


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,9} \d+:\d+:\d+ [-+A-Z0-9]{1,6}"))
def test_retry_after_is_a_bearable_wait(header: str) -> None:
    assert 0 <= retry_after_s(header) <= LONGEST_RETRY_AFTER_S


@given(values, st.sampled_from(["", "known"]))
def test_credentials_are_usable_or_said_not_to_be(data: Any, known: str) -> None:
    try:
        theirs = read_credentials(data, known)
    except UnusableCredentials:
        return
    assert theirs.token
    assert theirs.token.isascii()
    assert all(all(each.values()) for each in theirs.roles)


@given(values | st.fixed_dictionaries({"endpoints": st.lists(values, max_size=5)}))
def test_version_details_bring_lines_that_can_be_asked_for(details: Any) -> None:
    try:
        endpoints = _endpoints(details, HUB)
    except MalformedAnswer:
        return
    connection = HubConnection(HUB, "t", TokenEncoding.BASE64, endpoints)
    for each in endpoints:
        try:
            url = connection.endpoint(each.identifier, each.role)
        except (ForeignUrl, NoEndpoint):
            continue
        assert url in {every.url for every in endpoints}, "as it is listed"


@given(st.lists(st.text(min_size=1), max_size=3))
def test_what_is_below_an_endpoint_stays_below_it(segments: list[str]) -> None:
    url = below("https://hub.example/ocpi/tokens/", *segments)
    assert url.startswith("https://hub.example/ocpi/tokens")
    assert allowed_url(url, ORIGIN, allow_http=False) == url
    assert url.count("/") == "https://hub.example/ocpi/tokens/".count("/") + max(0, len(segments) - 1)


@given(st.integers(200, 599), st.binary() | st.sampled_from([b"{}", b'{"status_code": 1000}', b"null"]))
def test_an_answer_is_data_or_an_error_of_ours(http_status: int, body: bytes) -> None:
    try:
        status = read_answer(RawAnswer(http_status, {}, body), TRACE).http_status
    except HubError as error:
        status = 200 if error.trace is TRACE else 0
    assert 200 <= status < 300, "every error names its request"


def test_the_hubs_own_endpoint_is_moved_with_what_is_below_it() -> None:
    lines = (HubEndpoint("tokens", "RECEIVER", "https://hub.example/t/"),)
    other = (HubEndpoint("tokens", "RECEIVER", "https://new.example/u"),)
    here = HubConnection("https://hub.example/v", "t", TokenEncoding.BASE64, lines)
    there = HubConnection("https://new.example/v", "t", TokenEncoding.BASE64, other)
    assert here.moved("https://hub.example/t/", there) == "https://new.example/u"
    assert here.moved("https://hub.example/t/a/b?c=1", there) == "https://new.example/u/a/b?c=1"
    assert here.moved("https://hub.example/v", there) == "https://new.example/v"
    assert here.moved("https://hub.example/other", there) is None
    with pytest.raises(NoEndpoint):
        here.moved("https://hub.example/t/", HubConnection("https://x.example/v", "t", TokenEncoding.PLAIN))


def test_what_an_exchange_keeps_fits_in_a_secret_whatever_the_hub_lists() -> None:
    party: dict[str, Any] = {"country_code": "IN", "party_id": "X" * 36}
    roles: list[Any] = [{"role": "CPO", **party}] * 5000 + [{"role": "HUB", **party, "party_id": "CIH"}]
    theirs = read_credentials(
        {"token": "t" * 1024, "url": "https://hub.example/" + "x" * 1_000_000, "roles": roles}
    )
    assert (theirs.url, theirs.roles[0]["party_id"]) == ("", "CIH")
    long: dict[str, Any] = {"identifier": "sessions", "role": "SENDER", "url": f"{HUB}/{'x' * 100_000}"}
    listed: list[Any] = [long, *({**long, "url": f"{HUB}/{number}/{'x' * 400}"} for number in range(5000))]
    endpoints = [each._asdict() for each in _endpoints({"endpoints": listed}, HUB)]
    assert 0 < len(json.dumps([theirs.token, theirs.token, theirs.roles, endpoints])) < 60_000


@pytest.mark.parametrize("letter", ["X", "\u00e9", "\u0390", "\U0001f50c", '"', "\x01"])
def test_no_character_makes_the_secret_too_large(letter: str) -> None:
    for length in (1, 6, 12, 18, 36, 500):
        part = letter * length
        roles: list[Any] = [{"role": part, "country_code": part, "party_id": part}] * 300
        theirs = read_credentials({"token": "t" * 1024, "url": part, "roles": roles})
        listed: list[Any] = [{"identifier": part, "url": part[:number]} for number in range(400)]
        endpoints = [StoredEndpoint(*each) for each in _endpoints({"endpoints": listed}, HUB)]
        kept = HubCredentials(
            theirs.url or HUB,
            theirs.token,
            endpoints=tuple(endpoints),
            hub_roles=theirs.roles,
            previous_token=theirs.token,
            pending=PendingExchange("rotate", theirs.url or HUB, theirs.token, HUB, theirs.token),
        )
        assert len(json.dumps(asdict(kept))) <= 65_536
