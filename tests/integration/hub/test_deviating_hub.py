"""Ways in which Hubs stray whose meaning is unmistakable: each is understood."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from emsp.connection.check_hub import CheckHub
from emsp.connection.connect_to_hub import LISTS, connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.allowed_urls import below, origin_of, url_of_link
from emsp.hub.answers import LONGEST_RETRY_AFTER_S, retry_after_s
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection, HubEndpoint
from emsp.hub.errors import Delivery, ForeignUrl, NoEndpoint, Refused, Unavailable
from emsp.hub.get_page import each_page, list_request
from emsp.hub.next_page import PagingLoop
from emsp.hub.quota import SharedQuota
from emsp.hub.request import HubRequest
from emsp.ocpi.headers import TokenEncoding
from emsp.stores.event_bus import BusEntry
from tests.integration.emsp_side import Emsp


@pytest.fixture
def client(emsp: Emsp) -> HubClient:
    connected = connect_to_hub(emsp.registered().settings)
    connected._sleep = lambda seconds: None
    return connected


# What is listed, the role that is asked for, and which line is taken (None: none, an error).
ENDPOINTS: list[tuple[str, list[tuple[str, str, str]], tuple[str, str], str | None]] = [
    ("as it should be", [("tokens", "RECEIVER", "/t")], ("tokens", "RECEIVER"), "/t"),
    ("with a slash at the end", [("tokens", "RECEIVER", "/t/")], ("tokens", "RECEIVER"), "/t/"),
    ("another role, listed once", [("tokens", "SENDER", "/t")], ("tokens", "RECEIVER"), "/t"),
    ("no role, listed once", [("tokens", "", "/t")], ("tokens", "RECEIVER"), "/t"),
    ("role in small letters", [("t", "x", "/x"), ("tokens", "receiver", "/t")], ("tokens", "RECEIVER"), "/t"),
    ("module in capitals", [("TOKENS", "RECEIVER", "/t")], ("tokens", "RECEIVER"), "/t"),
    (
        "the same module in both roles",
        [("tokens", "SENDER", "/s"), ("tokens", "RECEIVER", "/r")],
        ("tokens", "RECEIVER"),
        "/r",
    ),
    (
        "credentials twice, in roles that count for nothing",
        [("credentials", "SENDER", "/s"), ("credentials", "", "/n")],
        ("credentials", "RECEIVER"),
        "/s",
    ),
    (
        "one line elsewhere, one at home",
        [("tokens", "RECEIVER", "https://elsewhere.example/t"), ("tokens", "RECEIVER", "/t")],
        ("tokens", "RECEIVER"),
        "/t",
    ),
    ("elsewhere only", [("tokens", "RECEIVER", "https://elsewhere.example/t")], ("tokens", "RECEIVER"), None),
    ("not listed", [("commands", "RECEIVER", "/c")], ("tokens", "RECEIVER"), None),
    (
        "in two roles, neither the one that is asked for",
        [("tokens", "A", "/a"), ("tokens", "B", "/b")],
        ("tokens", "RECEIVER"),
        None,
    ),
]


@pytest.mark.parametrize(
    ("listed", "asked", "taken"), [row[1:] for row in ENDPOINTS], ids=[row[0] for row in ENDPOINTS]
)
def test_which_listed_endpoint_is_called(
    listed: list[tuple[str, str, str]], asked: tuple[str, str], taken: str | None
) -> None:
    home = "https://hub.example"
    lines = tuple(HubEndpoint(i, r, url if "://" in url else home + url) for i, r, url in listed)
    connection = HubConnection(f"{home}/ocpi/versions", "t", TokenEncoding.BASE64, lines)
    if taken is None:
        with pytest.raises((ForeignUrl, NoEndpoint)):
            connection.endpoint(*asked)
    else:
        assert connection.endpoint(*asked) == home + taken


@pytest.mark.parametrize(
    ("url", "segments", "expected"),
    [
        ("https://h/t", (), "https://h/t"),
        ("https://h/t/", (), "https://h/t/"),
        ("https://h/t", ("a", "b"), "https://h/t/a/b"),
        ("https://h/t/", ("a",), "https://h/t/a"),
        ("https://h/t?tenant=2", ("a",), "https://h/t/a?tenant=2"),
        ("https://h", ("a",), "https://h/a"),
        ("https://h/t", ("a/../b", "c d", "ü"), "https://h/t/a%2F..%2Fb/c%20d/%C3%BC"),
    ],
)
def test_what_is_below_a_listed_url(url: str, segments: tuple[str, ...], expected: str) -> None:
    assert below(url, *segments) == expected


STRAY_LINES: list[Any] = [
    {"identifier": "chargingprofiles", "role": "RECEIVER", "url": "https://elsewhere.example/cp"},
    {"identifier": "chargingprofiles", "role": "RECEIVER", "url": "http://user:pw@127.0.0.1/cp"},
    {"identifier": "chargingprofiles", "role": "RECEIVER", "url": "no url"},
    {"identifier": "chargingprofiles", "role": "RECEIVER", "url": "//[oops"},
    {"identifier": "chargingprofiles", "role": "RECEIVER", "url": "x" * 300},
    {"identifier": "chargingprofiles", "role": "RECEIVER", "url": None},
    {"identifier": "chargingprofiles", "role": "RECEIVER"},
    {"identifier": "chargingprofiles", "role": None, "url": "https://elsewhere.example/cp"},
    {"identifier": 7, "role": "RECEIVER", "url": "https://elsewhere.example/cp"},
    {"identifier": "nobody_knows", "role": "OBSERVER", "url": "ftp://elsewhere.example"},
    {"role": "RECEIVER", "url": "https://elsewhere.example/cp"},
    {},
    [],
    None,
    "chargingprofiles",
    7,
]


def test_no_useless_line_of_the_version_details_spoils_a_registration(emsp: Emsp) -> None:
    emsp.hub.admin.change_settings(stray_endpoints=STRAY_LINES, roleless_credentials=True)
    assert emsp.registered().register(action="status")["missing_modules"] == []
    client = connect_to_hub(emsp.settings)
    with pytest.raises(ForeignUrl, match="verify"):
        client.endpoint("chargingprofiles", "RECEIVER")


@pytest.mark.parametrize("line", STRAY_LINES, ids=str)
def test_each_useless_line_alone(emsp: Emsp, line: Any) -> None:
    emsp.hub.admin.change_settings(stray_endpoints=[line])
    assert emsp.registered().register(action="status")["registered"] is True


def test_urls_are_called_as_they_are_listed(emsp: Emsp) -> None:
    emsp.hub.admin.change_settings(listed_with_slash=True)
    emsp.registered()
    client = connect_to_hub(emsp.settings)
    emsp.hub.admin.forget_requests()
    request = list_request(
        client.endpoint("locations", "SENDER"), quota_module=LISTS, max_wait_s=0, deadline=Deadline.after(10)
    )
    assert sum(len(page.objects or ()) for page in each_page(client, request, pages_at_most=9)) == 12
    assert {each["http_status"] for each in emsp.hub.admin.requests()} == {200}


class CountingQuota(SharedQuota):
    def __init__(self) -> None:
        self.taken: list[str] = []

    def take(self, module: str, max_wait_s: float) -> None:
        self.taken.append(module)

    def hold(self, module: str, retry_after_s: float) -> float:
        return retry_after_s


@pytest.mark.parametrize("hops", [0, 1, 3])
def test_every_hop_of_a_redirect_takes_from_the_quota(emsp: Emsp, client: HubClient, hops: int) -> None:
    quota = CountingQuota()
    client._quota = quota
    for number in range(hops):
        emsp.hub.admin.add_fault(
            "redirect", module="tariffs", http_status=308, location=f"/ocpi/2.2.1/tariffs?limit=1&h={number}"
        )
    emsp.hub.admin.forget_requests()
    client.call(HubRequest("GET", client.endpoint("tariffs", "SENDER"), quota_module=LISTS))
    assert quota.taken == [LISTS] * (hops + 1)
    assert len(emsp.hub.admin.requests(module="tariffs")) == hops + 1


HUB = "https://hub.example:443/ocpi/2.2.1/locations?offset=0"
# A Link as the Hub writes it, and what is asked for (None: ForeignUrl).
LINKS: list[tuple[str, str | None]] = [
    ("https://hub.example/ocpi/l?offset=5", "https://hub.example/ocpi/l?offset=5"),
    ("/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("?offset=5", "https://hub.example:443/ocpi/2.2.1/locations?offset=5"),
    ("//hub.example/ocpi/l?offset=5", "https://hub.example/ocpi/l?offset=5"),
    ("http://hub.example/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("https://hub.example:8443/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://HUB.EXAMPLE:8080/ocpi/l?offset=5#x", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://user:pw@hub.example/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://10.0.0.7:3000/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://[fd00::1]:3000/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://localhost:3000/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://ocpi-service/ocpi/l?offset=5", "https://hub.example:443/ocpi/l?offset=5"),
    ("http://ocpi.prod.svc.cluster.local:80/l?offset=5", "https://hub.example:443/l?offset=5"),
    ("http://hub.internal?offset=5", "https://hub.example:443/?offset=5"),
    ("https://elsewhere.example/ocpi/l?offset=5", None),
    ("https://hub.example.evil.example/l", None),
    ("http://8.8.8.8/l", None),
    ("ftp://hub.example/l", None),
    ("javascript:alert(1)", None),
    ("//[oops", None),
    ("https://hub.example:99999/l", "https://hub.example:443/l"),
]


@pytest.mark.parametrize(("link", "asked"), LINKS)
def test_a_link_is_only_ever_asked_of_the_hub_itself(link: str, asked: str | None) -> None:
    origin = origin_of(HUB, allow_http=False)
    if asked is None:
        with pytest.raises(ForeignUrl):
            url_of_link(link, HUB, origin, allow_http=False)
    else:
        assert url_of_link(link, HUB, origin, allow_http=False) == asked


@pytest.mark.parametrize("style", ["inner_scheme", "inner_port", "inner_host"])
def test_a_list_whose_links_name_a_proxys_inner_address_is_read_to_its_end(
    emsp: Emsp, client: HubClient, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emsp.hub.admin.change_settings(paging={"link_style": style, "default_limit": 5})
    request = list_request(
        client.endpoint("locations", "SENDER"), quota_module=LISTS, max_wait_s=0, deadline=Deadline.after(10)
    )
    assert sum(len(page.objects or ()) for page in each_page(client, request, pages_at_most=9)) == 12
    assert "inner address" in capsys.readouterr().out


def test_a_link_to_itself_ends_a_list_at_once(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.change_settings(paging={"link_style": "loop", "default_limit": 2, "total_count": False})
    emsp.hub.admin.forget_requests()
    request = HubRequest("GET", client.endpoint("hubclientinfo", "SENDER"), routed=False)
    with pytest.raises(PagingLoop):
        list(each_page(client, request, pages_at_most=100))
    assert len(emsp.hub.admin.requests(module="hubclientinfo")) == 1


def test_the_hub_check_goes_on_with_what_a_looping_list_had(emsp: Emsp, client: HubClient) -> None:
    class NoBus:
        def put(self, entries: list[BusEntry]) -> list[str | None]:
            return [None] * len(entries)

    emsp.hub.admin.change_settings(paging={"link_style": "loop", "default_limit": 2})
    emsp.hub.admin.forget_requests()
    told = CheckHub(client, emsp.parties, NoBus())(Deadline.after(10))  # type: ignore[arg-type]
    assert told["our_status"] in ("CONNECTED", None)
    assert len(emsp.hub.admin.requests(module="hubclientinfo")) == 1


# Retry-After, and the seconds to wait.
RETRY_AFTER: list[tuple[str | None, float]] = [
    (None, 0),
    ("", 0),
    ("7", 7),
    (" 7 ", 7),
    ("0", 0),
    ("-7", 0),
    ("soon", 0),
    ("inf", 0),
    ("nan", 0),
    ("1e400", 0),
    ("9" * 30, LONGEST_RETRY_AFTER_S),
    ("9" * 99, LONGEST_RETRY_AFTER_S),
    ("9" * 100_000, 0),
    ("Sat, 01 Jan 2000 00:00:00 GMT", 0),
    ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER_S),
    ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_RETRY_AFTER_S),
    ("Mon, 01 Jan 0001 00:00:00 GMT", 0),
    ("Mon, 01 Jan 0001 00:00:00 +1400", 0),
    ("Mon, 32 Jan 2040 00:00:00 GMT", LONGEST_RETRY_AFTER_S),
    ("Mon, 01 Foo 2040 00:00:00 GMT", 0),
    ("Mon, 01 Jan 99999999999 00:00:00 GMT", 0),
    ("Mon, 01 Jan 2040 99999999999:00:00 GMT", LONGEST_RETRY_AFTER_S),
    ("\x00", 0),
    ("²", 0),
    ("٧", 0),
]


@pytest.mark.parametrize(("header", "seconds"), RETRY_AFTER, ids=lambda value: str(value)[:40])
def test_whatever_retry_after_says(header: str | None, seconds: float) -> None:
    assert retry_after_s(header) == seconds


def test_a_head_that_trickles_ends_with_the_deadline(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("trickle", module="versions", delay_s=0.1, times=None)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="try again later") as raised:
        client.call(
            HubRequest("GET", client.connection.versions_url, routed=False, deadline=Deadline.after(0.6))
        )
    assert time.monotonic() - begun < 1.2
    assert raised.value.delivery is Delivery.UNKNOWN


def test_a_head_that_trickles_in_time_is_read(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("trickle", module="versions", delay_s=0.001, times=None)
    assert client.call(HubRequest("GET", client.connection.versions_url, routed=False)).data


def test_a_trickle_ends_silence_only_for_its_own_request(emsp: Emsp, client: HubClient) -> None:
    """The connection is used again, with the whole time."""
    for seconds in (0.5, 5.0, 0.5):
        request = HubRequest(
            "GET", client.connection.versions_url, routed=False, deadline=Deadline.after(seconds)
        )
        assert client.call(request).data
        time.sleep(0.3)


@pytest.fixture
def nobody_accepts() -> Iterator[int]:
    """A port where connections are neither taken nor refused."""
    with socket.socket() as listening:
        listening.bind(("0.0.0.0", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = []
        for _ in range(4):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
            waiting.append(each)
        yield port
        for each in waiting:
            each.close()


def leading_to(monkeypatch: pytest.MonkeyPatch, *ips: str) -> None:
    """The name hub.example has these addresses."""

    def resolved(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = ips if host == "hub.example" else (host,)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_addresses_that_do_not_answer_share_the_time(
    client: HubClient, nobody_accepts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    leading_to(monkeypatch, *(f"127.0.0.{number}" for number in range(1, 9)))
    client._reread = None
    url = f"http://hub.example:{nobody_accepts}/ocpi/versions"
    client.connection = replace(client.connection, versions_url=url)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=r"no connection to hub\.example") as raised:
        client.call(HubRequest("GET", url, deadline=Deadline.after(0.5)))
    assert raised.value.delivery is Delivery.NEVER
    assert time.monotonic() - begun < 1.5


def test_the_address_that_answers_is_found(client: HubClient, monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, "127.0.0.2", "127.0.0.1")
    url = f"http://hub.example:{client.connection.origin.port}/ocpi/versions"
    client.connection = replace(client.connection, versions_url=url)
    assert client.call(HubRequest("GET", url, routed=False)).data


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".example", "xn--.example", "%20"])
def test_names_that_lead_nowhere(client: HubClient, host: str) -> None:
    client._reread = None
    url = f"http://{host}/ocpi/versions"
    client.connection = replace(client.connection, versions_url=url)
    with pytest.raises((Unavailable, ForeignUrl)):
        client.call(HubRequest("GET", url, deadline=Deadline.after(5)))


def test_early_hints_are_not_the_answer(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("early_hints", module="versions", times=None)
    for _ in range(2):
        answer = client.call(HubRequest("GET", client.connection.versions_url, routed=False))
        assert answer.http_status == 200
        assert answer.headers.get("Link") is None


# Refusals of a command that no Hub's own mind has made, and whether it may have been passed on.
NO_ENVELOPE: list[tuple[int, str, bool]] = [
    (400, '{"error": "bad"}', False),
    (402, "", False),
    (409, "[]", False),
    (413, "<html>too large</html>", False),
    (415, "{}", False),
    (422, '{"detail": [{"loc": ["body", "token"], "msg": "field required"}]}', False),
    (451, "null", False),
    (408, "", True),
    (200, '{"detail": []}', True),
    (500, '{"detail": []}', True),
    (502, "", True),
]


@pytest.mark.parametrize(("http_status", "body", "pending"), NO_ENVELOPE)
def test_a_command_refused_without_an_envelope_was_not_passed_on(
    emsp: Emsp, client: HubClient, *, http_status: int, body: str, pending: bool
) -> None:
    emsp.hub.admin.add_fault("body", module="commands", http_status=http_status, body=body)
    payload: Any = {
        "command": "STOP_SESSION",
        "session_id": "S",
        "idempotency_key": "tap-1",
    }
    send = emsp.send_command_use_case(client)
    if pending:
        assert send(payload, Deadline.after(10))["state"] == "PENDING"
        return
    with pytest.raises(Refused, match="was not carried out") as raised:
        send(payload, Deadline.after(10))
    assert raised.value.delivery is Delivery.ANSWERED
    [stored] = [emsp.commands.get(each) for each in command_ids()]
    assert stored.state == "NOT_SENT"
    assert "Refused" in stored.error
    again = send(payload, Deadline.after(10))
    assert again["command_id"] != stored.command_id, "the same key may try again"


def command_ids() -> list[str]:
    return [each["command_id"]["S"] for each in boto3.client("dynamodb").scan(TableName="commands")["Items"]]
