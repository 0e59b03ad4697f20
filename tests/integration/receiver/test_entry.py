"""Every route: the token first, the envelope always."""

import base64
import json
import os
from typing import Any

import pytest

from emsp.receiver.authentication import MESSAGE
from emsp.settings import Settings
from tests.inbound_tokens import live_token, store_tokens, stored_tokens
from tests.integration.house import OUR_TOKEN, House, api_event
from tests.integration.samples import cdr, path_of, session

SESSION = "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}"
ROUTES = [
    ("GET", "/ocpi/versions"),
    ("GET", "/ocpi/2.2.1"),
    ("GET", "/ocpi/2.2.1/credentials"),
    ("POST", "/ocpi/2.2.1/credentials"),
    ("PUT", "/ocpi/2.2.1/credentials"),
    ("DELETE", "/ocpi/2.2.1/credentials"),
    ("GET", "/ocpi/2.2.1/sessions/IN/CPO/S-1"),
    ("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1"),
    ("PATCH", "/ocpi/2.2.1/sessions/IN/CPO/S-1"),
    ("POST", "/ocpi/2.2.1/cdrs"),
    ("GET", "/ocpi/2.2.1/cdrs/IN/CPO/C-1"),
    ("POST", "/ocpi/2.2.1/commands/START_SESSION/id"),
    ("DELETE", "/ocpi/2.2.1/cdrs"),
    ("GET", "/unknown"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Token wrong"},
        {"Authorization": "Bearer " + OUR_TOKEN},
        {"Authorization": OUR_TOKEN},
        {"Authorization": "Token " + base64.b64encode(b"revoked-token").decode()},
    ],
)
def test_without_a_live_token_nothing_is_told(
    house: House, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = house.call(method, path, raw=b"{not json", token=None, headers=headers)
    assert answer.http_status == 401
    assert answer.status_code == 2002
    assert answer.envelope["status_message"] == MESSAGE
    assert answer.envelope["data"] is None
    assert house.items("sessions") == []
    assert house.rejected() == []


@pytest.mark.parametrize(
    "authorization",
    [
        "Token " + OUR_TOKEN,
        "token " + OUR_TOKEN,
        "Token " + base64.b64encode(OUR_TOKEN.encode()).decode(),
        "Token " + base64.b64encode(OUR_TOKEN.encode()).decode().rstrip("="),
    ],
)
def test_the_token_is_taken_in_both_encodings(house: House, authorization: str) -> None:
    answer = house.call("GET", "/ocpi/versions", token=None, headers={"AUTHORIZATION": authorization})
    assert (answer.http_status, answer.status_code) == (200, 1000)


def test_versions_and_details_lead_to_our_endpoints(house: House) -> None:
    versions = house.call("GET", "/ocpi/versions").envelope["data"]
    assert versions == [{"version": "2.2.1", "url": "https://emsp.example.com/ocpi/2.2.1"}]
    details = house.call("GET", "/ocpi/2.2.1/").envelope["data"]
    listed = {(each["identifier"], each["role"]): each["url"] for each in details["endpoints"]}
    assert listed[("sessions", "RECEIVER")] == "https://emsp.example.com/ocpi/2.2.1/sessions"
    assert listed[("cdrs", "RECEIVER")] == "https://emsp.example.com/ocpi/2.2.1/cdrs"
    assert ("commands", "SENDER") in listed
    assert {role for identifier, role in listed if identifier == "credentials"} == {"SENDER", "RECEIVER"}


def without_a_domain(house: House, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings = Settings({**os.environ, "PUBLIC_BASE_URL": ""})
    monkeypatch.setattr(house.app(name), "settings", settings)


def test_urls_are_those_by_which_the_hub_reaches_us(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_domain(house, monkeypatch, "versions")
    url = house.call("GET", "/ocpi/versions").envelope["data"][0]["url"]
    assert url == "https://abc123.execute-api.ap-south-1.amazonaws.com/live/ocpi/2.2.1"


@pytest.mark.parametrize("mapping", ["", "/emsp", "/ocpi", "/ocpi/2.2.1", "/ocpi-live/v1"])
@pytest.mark.parametrize(
    "called",
    [
        ("GET", "versions", {}, "/ocpi/versions"),
        ("GET", "versions", {}, "/ocpi/2.2.1"),
        ("GET", "versions", {"proxy": "ocpi/versions/"}, "/{proxy+}"),
        ("PUT", "receive_session", {"country_code": "IN", "party_id": "CPO", "session_id": "S-1"}, SESSION),
    ],
)
def test_a_custom_domain_may_have_a_mapping(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    mapping: str,
    called: tuple[str, str, dict[str, str], str],
) -> None:
    """Of a custom domain API Gateway gives the mapping in `path`, not in `resource`."""
    method, name, parameters, resource = called
    without_a_domain(house, monkeypatch, name)
    path = resource.format(**parameters) if "+" not in resource else f"/{parameters['proxy']}"
    body = json.dumps(session()).encode() if method == "PUT" else b""
    headers = {"authorization": f"Token {OUR_TOKEN}"}
    event = api_event(
        method, mapping + path, headers, body, resource=resource, parameters=parameters, base64_body=False
    )
    event["requestContext"] |= {"path": mapping + path, "domainName": "emsp.example.org"}
    answer = house.app(name).handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["status_code"]) == (200, 1000)
    if "versions" in path:
        [listed] = json.loads(answer["body"])["data"]
        assert listed["url"] == f"https://emsp.example.org{mapping}/ocpi/2.2.1"


def test_ids_are_echoed_and_messages_routed_back(house: House) -> None:
    headers = {
        "X-Request-Id": "r-42",
        "x-correlation-ID": "c-42",
        "OCPI-from-country-code": "IN",
        "OCPI-from-party-id": "CPO",
        "OCPI-to-country-code": "IN",
        "OCPI-to-party-id": "EMS",
    }
    answer = house.call("GET", "/ocpi/2.2.1/sessions/IN/CPO/none", headers=headers)
    assert answer.headers["X-Request-ID"] == "r-42"
    assert answer.headers["X-Correlation-ID"] == "c-42"
    assert answer.headers["OCPI-to-party-id"] == "CPO"
    assert answer.headers["OCPI-from-party-id"] == "EMS"
    assert answer.envelope["timestamp"].endswith("Z")


ROUTED = ("OCPI-from-country-code", "OCPI-from-party-id", "OCPI-to-country-code", "OCPI-to-party-id")


@pytest.mark.parametrize("method_path", [
    ("GET", "/ocpi/2.2.1/sessions/IN/CPO/none"),
    ("GET", "/ocpi/2.2.1/cdrs/IN/CPO/none"),
    ("POST", "/ocpi/2.2.1/commands/START_SESSION/none"),
])  # fmt: skip
@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (("IN", "CPO", "IN", "EMS"), ("IN", "EMS", "IN", "CPO")),
        (("IN", "CPO", None, None), ("IN", "EMS", "IN", "CPO")),
        (("IN", "CPO", "DE", "OTH"), ("IN", "EMS", "IN", "CPO")),
        ((None, None, "IN", "EMS"), ("IN", "EMS", None, None)),
        ((None, None, None, None), (None, None, None, None)),
    ],
)
def test_an_answer_to_a_routed_request_is_from_us(
    house: House,
    method_path: tuple[str, str],
    asked: tuple[str | None, ...],
    answered: tuple[str | None, ...],
) -> None:
    headers = {name: value for name, value in zip(ROUTED, asked, strict=True) if value}
    body = {"result": "ACCEPTED"} if method_path[0] == "POST" else None
    answer = house.call(*method_path, body, headers=headers)
    assert tuple(answer.headers.get(name) for name in ROUTED) == answered


@pytest.mark.parametrize("path", ["/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/credentials"])
def test_configuration_modules_are_not_routed(house: House, path: str) -> None:
    assert not set(house.call("GET", path).headers) & set(ROUTED)


@pytest.mark.parametrize(
    ("method", "path", "http_status", "status_code"),
    [
        ("GET", "/ocpi/2.2.1/sessions/IN/CPO/none", 404, 2003),
        ("GET", "/ocpi/2.2.1/cdrs/IN/CPO/none", 404, 2003),
        ("GET", f"/ocpi/2.2.1/sessions/{'x' * 3000}/CPO/S-1", 404, 2003),
        ("PATCH", f"/ocpi/2.2.1/sessions/IN/CPO/{'x' * 3000}", 404, 2003),
        ("GET", f"/ocpi/2.2.1/cdrs/IN/{'x' * 3000}/C-1", 404, 2003),
        ("GET", "/ocpi/2.2.1/nothing", 404, 2000),
        ("DELETE", "/ocpi/2.2.1/sessions/IN/CPO/S-1", 405, 2000),
        ("PUT", "/ocpi/2.2.1/cdrs", 405, 2000),
        ("POST", "/ocpi/versions", 405, 2000),
    ],
)
def test_what_is_not_there_is_enveloped(
    house: House, method: str, path: str, http_status: int, status_code: int
) -> None:
    answer = house.call(method, path, {"last_updated": "2026-11-22T10:00:00Z"})
    assert (answer.http_status, answer.status_code) == (http_status, status_code)
    if http_status == 405:
        assert method not in answer.headers["Allow"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[1,]", b'{"a": NaN}', b"\xff\xfe", b"[" * 5000])
@pytest.mark.parametrize("base64_body", [True, False])
def test_malformed_json_is_400_and_kept(house: House, raw: bytes, base64_body: bool) -> None:
    answer = house.call("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", raw=raw, base64_body=base64_body)
    assert (answer.http_status, answer.status_code) == (400, 2001)
    [kept] = house.rejected()
    assert kept["error"] == "MalformedBody"
    assert OUR_TOKEN not in json.dumps(kept)


@pytest.mark.parametrize(("spaces", "told"), [(1_000_000, 0), (2_500_000, 1)])
def test_a_body_that_nears_the_largest_one_is_told_of_before_one_is_too_large(
    house: House, capsys: pytest.CaptureFixture[str], spaces: int, told: int
) -> None:
    raw = json.dumps(session("S-1")).encode() + b" " * spaces
    assert house.call("PUT", path_of(session("S-1")), raw=raw, base64_body=True).status_code == 1000
    assert capsys.readouterr().out.count('"LargeBodies":[1.0]') == told


def test_a_body_beyond_every_limit_is_413(house: House) -> None:
    answer = house.call("POST", "/ocpi/2.2.1/cdrs", raw=b" " * (6 * 1024 * 1024 + 1))
    assert (answer.http_status, answer.status_code) == (413, 2000)


def test_an_unknown_token_is_looked_up_again_at_once_but_seldom(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    authentication = house.app("receive_session").authentication
    reads = []
    read = authentication._cache._read
    clock = [1000.0]

    def counted() -> Any:
        reads.append(1)
        return read()

    monkeypatch.setattr(authentication._cache, "_read", counted)
    monkeypatch.setattr(authentication._cache, "_clock", lambda: clock[0])
    authentication.forget()
    path = "/ocpi/2.2.1/sessions/IN/CPO/none"

    assert house.call("GET", path).http_status == 404
    assert house.call("GET", path, token="new-token").http_status == 401
    assert len(reads) == 2, "looked for, once"
    assert house.call("GET", path, token="new-token").http_status == 401
    assert len(reads) == 2
    tokens = [live_token(OUR_TOKEN, "2020-01-01T00:00:00+00:00"), live_token("new-token")]
    before = stored_tokens(house.dynamodb, "control")
    store_tokens(house.dynamodb, "control", tokens)
    try:
        clock[0] += 10
        assert house.call("GET", path, token="new-token").http_status == 404
        assert len(reads) == 3
        assert house.call("GET", path).http_status == 401, "expired"
        assert len(reads) == 4
        for _ in range(5):
            house.call("GET", path, token="wrong")
        assert len(reads) == 5
        clock[0] += 9
        house.call("GET", path, token="new-token")
        assert len(reads) == 5
        clock[0] += 1
        house.call("GET", path, token="new-token")
        assert len(reads) == 6
    finally:
        store_tokens(house.dynamodb, "control", before)
        authentication.forget()


def test_known_tokens_go_on_working_for_an_hour_without_the_secret(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    authentication = house.app("versions").authentication
    assert house.call("GET", "/ocpi/versions").http_status == 200
    start = authentication._cache._read_at
    clock = [start]

    def unreadable() -> None:
        raise OSError("no network")

    monkeypatch.setattr(authentication._cache, "_read", unreadable)
    monkeypatch.setattr(authentication._cache, "_clock", lambda: clock[0])
    clock[0] = start + 3500
    assert house.call("GET", "/ocpi/versions").http_status == 200
    clock[0] = start + 3700
    answer = house.call("GET", "/ocpi/versions")
    assert (answer.http_status, answer.status_code) == (500, 3000)
    authentication.forget()


def test_no_token_in_any_log_line(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.call("PUT", path_of(session()), session())
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr(total_energy="much"))
    house.call("GET", "/ocpi/2.2.1/credentials")
    house.call("GET", "/ocpi/versions", token="some-other-token")
    out = capsys.readouterr().out
    assert out
    assert OUR_TOKEN not in out
    assert base64.b64encode(OUR_TOKEN.encode()).decode() not in out
    assert "some-other-token" not in out
    for line in out.splitlines():
        json.loads(line)
