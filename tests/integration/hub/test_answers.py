"""A table of what a Hub, or what stands before it, can answer wrongly, and the error that each becomes."""

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from copy import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import (
    Delivery,
    ForeignUrl,
    HubError,
    MalformedAnswer,
    NoEndpoint,
    NotFound,
    NotRouted,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from emsp.hub.request import HubRequest
from emsp.hub.retries import Repeatable
from emsp.ocpi.json_text import JsonObject
from tests.integration.emsp_side import Emsp

TOKEN_PATH = ("IN", "EMS", "APP-1", "authorize")


@pytest.fixture
def emsp(used_emsp: Emsp) -> Emsp:
    return used_emsp


@pytest.fixture
def client(emsp: Emsp) -> HubClient:
    connected = connect_to_hub(emsp.settings)
    connected._sleep = lambda seconds: None
    return connected


def authorize(client: HubClient, **how: Any) -> Any:
    url = client.endpoint("tokens", "RECEIVER", *TOKEN_PATH)
    return client.call(HubRequest("PUT", url, repeatable=Repeatable.ON_CONNECTION_FAULT, **how)).data


def versions(client: HubClient, **how: Any) -> Any:
    return client.call(HubRequest("GET", client.connection.versions_url, routed=False, **how)).data


def send(client: HubClient, **how: Any) -> Any:
    url = client.endpoint("commands", "RECEIVER", "STOP_SESSION")
    body: JsonObject = {"response_url": "https://emsp.example.com/x", "session_id": "S"}
    return client.call(HubRequest("POST", url, body=body, **how)).data


def seen(emsp: Emsp, correlation_id: str) -> list[dict[str, Any]]:
    """Requests of one test: what a slow answer left behind is told late by the shared Hub."""
    return [
        each
        for each in emsp.hub.admin.requests()
        if each["headers"].get("x-correlation-id") == correlation_id
    ]


ALWAYS = None
# The fault, what it becomes, how far the request came; and how often a GET, an authorization and a command
# are tried.
TABLE: list[tuple[dict[str, Any], type[HubError], Delivery, tuple[int, int, int]]] = [
    ({"kind": "html"}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "html", "http_status": 503}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "html", "http_status": 200}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "html", "http_status": 404}, NotFound, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "html", "http_status": 401}, Unauthorized, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "html", "http_status": 403}, Refused, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "html", "http_status": 400}, Refused, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "html", "http_status": 408}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "body", "http_status": 422, "body": '{"detail": []}'}, Refused, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "html", "http_status": 429}, RateLimited, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "empty"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "empty", "http_status": 204}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "body", "body": "null"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "body", "body": "[]"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "body", "body": "hello"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "body", "body": '{"data": {}}'}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "body", "body": '{"status_code": "ok"}'}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "cut_json"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "truncated"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "not_enveloped"}, MalformedAnswer, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "drop"}, Unavailable, Delivery.UNKNOWN, (3, 3, 1)),
    ({"kind": "status", "status_code": 3000, "http_status": 200}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "status", "status_code": 3000, "http_status": 500}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "status", "status_code": 1000, "http_status": 500}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "status", "status_code": 4002, "http_status": 200}, Unavailable, Delivery.UNKNOWN, (3, 1, 1)),
    ({"kind": "status", "status_code": 4003, "http_status": 200}, Unavailable, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "status", "status_code": 4001, "http_status": 200}, NotRouted, Delivery.ANSWERED, (1, 1, 1)),
    (
        {"kind": "status", "status_code": 2000, "http_status": 200, "status_message": "NOT_ROUTED: no rule"},
        NotRouted,
        Delivery.ANSWERED,
        (1, 1, 1),
    ),
    ({"kind": "status", "status_code": 2000, "http_status": 200}, Refused, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "status", "status_code": 2001, "http_status": 400}, Refused, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "status", "status_code": 3002, "http_status": 200}, Refused, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "status", "status_code": 2002, "http_status": 401}, Unauthorized, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "status", "status_code": 2002, "http_status": 200}, Unauthorized, Delivery.ANSWERED, (1, 1, 1)),
    (
        {
            "kind": "status",
            "status_code": 2002,
            "http_status": 200,
            "status_message": "Not enough information",
        },
        Refused,
        Delivery.ANSWERED,
        (1, 1, 1),
    ),
    ({"kind": "status", "status_code": 2003, "http_status": 200}, NotFound, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "status", "status_code": 2003, "http_status": 404}, NotFound, Delivery.ANSWERED, (1, 1, 1)),
    (
        {"kind": "status", "status_code": 2004, "http_status": 200, "status_message": "Unknown token"},
        NotFound,
        Delivery.ANSWERED,
        (1, 1, 1),
    ),
    ({"kind": "rate_limited"}, RateLimited, Delivery.ANSWERED, (1, 1, 1)),
    ({"kind": "rate_limited", "http_status": 200}, RateLimited, Delivery.ANSWERED, (1, 1, 1)),
    (
        {"kind": "redirect", "http_status": 307, "location": "http://169.254.169.254/x"},
        ForeignUrl,
        Delivery.NEVER,
        (1, 1, 1),
    ),
    ({"kind": "redirect", "http_status": 307, "location": "ftp://x"}, ForeignUrl, Delivery.NEVER, (1, 1, 1)),
    ({"kind": "redirect", "http_status": 307, "location": "//[oops"}, ForeignUrl, Delivery.NEVER, (1, 1, 1)),
    ({"kind": "redirect", "location": ""}, MalformedAnswer, Delivery.ANSWERED, (1, 1, 1)),
]


@pytest.mark.parametrize(
    ("fault", "error", "delivery", "tries"), TABLE, ids=[" ".join(map(str, row[0].values())) for row in TABLE]
)
def test_every_misbehaviour_has_its_error(
    emsp: Emsp,
    client: HubClient,
    *,
    fault: dict[str, Any],
    error: type[HubError],
    delivery: Delivery,
    tries: tuple[int, int, int],
) -> None:
    calls = (versions, "versions"), (authorize, "authorize"), (send, "commands")
    for (call, module), expected in zip(calls, tries, strict=True):
        emsp.hub.admin.forget_requests()
        emsp.hub.admin.clear_faults()
        emsp.hub.admin.add_fault(**{"times": ALWAYS, **fault, "module": module})
        with pytest.raises(error) as raised:
            call(client, correlation_id="case-1")
        assert type(raised.value) is error
        assert raised.value.delivery is delivery
        assert len(seen(emsp, "case-1")) == expected, module
        assert raised.value.trace is not None
        assert raised.value.trace.request_id in str(raised.value)
        assert "X-Correlation-ID case-1" in str(raised.value)
        assert client.connection.token not in str(raised.value)


def test_a_fault_that_passes_is_not_noticed_where_repeating_is_safe(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("html", module="versions", times=2)
    assert versions(client)
    emsp.hub.admin.add_fault("drop", module="authorize", times=2)
    assert authorize(client)["allowed"] == "ALLOWED"


def test_each_try_has_a_request_id_of_its_own_and_all_the_same_correlation_id(
    emsp: Emsp, client: HubClient
) -> None:
    emsp.hub.admin.add_fault("html", module="versions", times=2)
    answer = client.call(
        HubRequest(
            "GET", client.connection.versions_url, routed=False, request_id="mine", correlation_id="corr"
        )
    )
    sent = [each["headers"] for each in emsp.hub.admin.requests(module="versions")]
    assert len({each["x-request-id"] for each in sent}) == 3
    assert sent[0]["x-request-id"] == "mine"
    assert answer.request_id == sent[-1]["x-request-id"]
    assert {each["x-correlation-id"] for each in sent} == {"corr"}
    assert not [each for each in sent if "ocpi-from-party-id" in each], "versions are not routed"


def test_a_huge_answer_is_not_read_to_its_end(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("huge", module="versions", size_mb=40, times=ALWAYS)
    with pytest.raises(MalformedAnswer, match="larger than 2097152 bytes"):
        versions(client)


def test_a_slow_answer_ends_with_its_read_timeout(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("delay", module="authorize", delay_s=2, times=ALWAYS)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer within"):
        authorize(client, read_timeout_s=0.2)
    assert time.monotonic() - started < 1


def test_an_answer_that_drips_ends_with_the_deadline(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("slow", module="versions", delay_s=5, times=ALWAYS)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        versions(client, deadline=Deadline.after(0.5))
    assert time.monotonic() - started < 1.5


def test_nothing_is_called_without_time_left(emsp: Emsp, client: HubClient) -> None:
    with pytest.raises(Unavailable, match="no time left") as raised:
        send(client, deadline=Deadline.after(0), correlation_id="too-late")
    assert raised.value.delivery is Delivery.NEVER
    assert seen(emsp, "too-late") == []


def test_retries_keep_within_the_deadline(emsp: Emsp, client: HubClient) -> None:
    slept: list[float] = []
    client._sleep = slept.append
    emsp.hub.admin.add_fault("html", module="versions", times=ALWAYS)
    with pytest.raises(Unavailable):
        versions(client, deadline=Deadline.after(10))
    assert len(slept) == 2
    assert all(0 <= pause <= bound for pause, bound in zip(slept, (0.2, 0.4), strict=True))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_within_the_same_origin_are_followed_for_a_get(
    emsp: Emsp, client: HubClient, status: int
) -> None:
    emsp.hub.admin.add_fault(
        "redirect", module="versions", http_status=status, location="/ocpi/versions?again"
    )
    assert versions(client)[0]["version"] == "2.2.1"


@pytest.mark.parametrize(("status", "followed"), [(302, False), (307, True), (308, True)])
def test_a_command_is_redirected_only_as_the_command_it_is(
    emsp: Emsp, client: HubClient, status: int, followed: bool
) -> None:
    emsp.hub.admin.add_fault(
        "redirect", module="commands", http_status=status, location="/ocpi/2.2.1/commands/STOP_SESSION"
    )
    if followed:
        assert send(client)["result"]
    else:
        with pytest.raises(MalformedAnswer, match="would make it a GET"):
            send(client)


def test_redirects_without_end(emsp: Emsp, client: HubClient) -> None:
    emsp.hub.admin.add_fault("redirect", module="versions", location="/ocpi/versions", times=ALWAYS)
    with pytest.raises(MalformedAnswer, match="redirected more than"):
        versions(client)


@pytest.mark.parametrize("http_status", [429, 200])
@pytest.mark.parametrize("form", ["none", "seconds", "date"])
def test_a_throttle_holds_everybody_back_in_all_its_forms(
    emsp: Emsp, client: HubClient, http_status: int, form: str
) -> None:
    emsp.hub.admin.add_fault(
        "rate_limited", module="authorize", http_status=http_status, retry_after=form, delay_s=30
    )
    with pytest.raises(RateLimited) as raised:
        authorize(client, quota_module="authorize", correlation_id="throttled")
    wait = raised.value.retry_after_s
    assert wait == 5 if form == "none" else 28 < wait <= 31
    assert f"wait {wait:g} s" in str(raised.value)
    other = connect_to_hub(emsp.settings)
    with pytest.raises(RateLimited) as raised:
        authorize(other, quota_module="authorize", max_wait_s=1, correlation_id="throttled")
    assert wait - 2 < raised.value.retry_after_s <= wait + 1
    assert raised.value.delivery is Delivery.NEVER
    assert len(seen(emsp, "throttled")) == 1
    assert send(client, quota_module="commands")["result"], "other modules are not held"


def test_a_hub_that_goes_on_throttling_is_left_alone_for_longer(emsp: Emsp, client: HubClient) -> None:
    quota = client._quota
    assert quota is not None
    now = [1_700_000_000_000]
    quota._now_ms = lambda: now[0]
    waits = []
    for _ in range(6):
        waits.append(quota.hold("authorize", 0))
        now[0] += int(waits[-1] * 1000) + 100
    assert waits == [5, 10, 20, 40, 60, 60]
    now[0] += 120_000
    assert quota.hold("authorize", 0) == 5


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/ocpi/versions",
        "http://user:pass@{netloc}/ocpi/versions",
        "https://{netloc}/ocpi/versions",
        "file:///etc/passwd",
        "http://{netloc}.example.com/ocpi/versions",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_only_the_hubs_own_urls_are_called(emsp: Emsp, client: HubClient, url: str) -> None:
    target = url.format(netloc=emsp.hub.url.removeprefix("http://"))
    with pytest.raises(ForeignUrl):
        client.call(HubRequest("GET", target, correlation_id="foreign"))
    assert seen(emsp, "foreign") == []


def test_plain_http_is_called_only_where_it_is_allowed(client: HubClient) -> None:
    client.connection = replace(client.connection, allow_http=False)
    with pytest.raises(ForeignUrl, match="TLS"):
        client.call(HubRequest("GET", client.connection.versions_url))


def test_a_module_that_the_hub_does_not_list(client: HubClient) -> None:
    with pytest.raises(NoEndpoint, match="chargingprofiles"):
        client.endpoint("chargingprofiles", "RECEIVER")


def test_endpoints_elsewhere_are_refused(client: HubClient) -> None:
    [first, *_] = client.connection.endpoints
    client.connection = replace(
        client.connection, endpoints=(replace(first, url="https://elsewhere.example.com/ocpi"),)
    )
    with pytest.raises(ForeignUrl, match="elsewhere"):
        client.endpoint(first.identifier, first.role)


@pytest.fixture
def picky_tls() -> Iterator[str]:
    """A server that speaks no TLS, where https is expected."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/ocpi/versions"
    server.shutdown()


def test_tls_is_checked(client: HubClient, picky_tls: str) -> None:
    client._reread = None
    client.connection = replace(client.connection, versions_url=picky_tls)
    with pytest.raises(Unavailable, match="no connection") as raised:
        client.call(HubRequest("GET", picky_tls))
    assert raised.value.delivery is Delivery.NEVER


def test_a_retry_after_date_in_the_past_names_no_wait(emsp: Emsp, client: HubClient) -> None:
    past = format_datetime(datetime.now(UTC) - timedelta(minutes=1), usegmt=True)
    emsp.hub.admin.add_fault("rate_limited", module="versions", headers={"Retry-After": past})
    with pytest.raises(RateLimited) as raised:
        versions(client)
    assert raised.value.retry_after_s == 5, "our own first hold"


@pytest.mark.parametrize("form", ["plain", "base64"])
def test_a_token_that_the_hub_quotes_is_in_no_error_and_no_log_line(
    emsp: Emsp, client: HubClient, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token = client.connection.token
    quoted = base64.b64encode(token.encode()).decode() if form == "base64" else token
    client._reread = None
    for said in (f"Token {quoted} is revoked", "x" * 290 + quoted):
        emsp.hub.admin.add_fault(
            "status", module="authorize", status_code=2002, http_status=401, status_message=said
        )
        with pytest.raises(Unauthorized) as raised:
            authorize(client)
        written = str(raised.value) + raised.value.status_message + capsys.readouterr().out
        assert quoted.rstrip("=")[:8] not in written
        assert "(token)" in written


def test_a_token_that_the_hub_quotes_to_a_command_is_not_stored(emsp: Emsp, client: HubClient) -> None:
    token = client.connection.token
    response = {"result": "REJECTED", "timeout": 1, "message": [{"language": "en", "text": f"no {token}"}]}
    emsp.hub.admin.add_fault(
        "body", module="commands", body=json.dumps({"data": response, "status_code": 1000})
    )
    told = emsp.send_command_use_case(client)(
        {"command": "STOP_SESSION", "session_id": "S", "to": {"country_code": "IN", "party_id": "ABC"}},
        Deadline.after(10),
    )
    stored = emsp.commands.get(str(told["command_id"]))
    assert json.loads(stored.response)["message"] == [{"language": "en", "text": "no (token)"}]
    assert token not in str(told)
