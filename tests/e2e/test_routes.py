"""Every route of the template, as deployed: without a token, with a wrong one, with one that has expired."""

import base64
import hashlib
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from tests.inbound_tokens import store_tokens, stored_tokens
from tests.local_cloud.adaptations import VERBS
from tests.local_cloud.stack import Stack
from tests.template.template import routes

LIVE = "a-live-token-of-this-test"
LAPSED = "a-token-that-lapsed-in-this-test"
LAPSES_AFTER_S = 1
VALUES = {
    "{country_code}": "IN",
    "{party_id}": "ABC",
    "{session_id}": "no-such-session",
    "{cdr_id}": "no-such-cdr",
    "{command}": "START_SESSION",
    "{command_id}": "no-such-command",
    "{proxy+}": "ocpi/2.2.1/no/such/path",
}
ROUTES = sorted(
    (verb, path) for method, path, _ in routes() for verb in (VERBS if method == "ANY" else (method,))
)


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status and the envelope."""

    status: int
    body: Any


def call(stack: Stack, method: str, path: str, authorization: str | None) -> Answer:
    for name, value in VALUES.items():
        path = path.replace(name, value)
    api = urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(str(api.hostname), api.port, timeout=30)
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": authorization} if authorization else {}
    )
    try:
        connection.request(method, f"{api.path}{path}", None if method in ("GET", "HEAD") else b"{}", headers)
        answer = connection.getresponse()
        raw = answer.read()
    finally:
        connection.close()
    return Answer(answer.status, json.loads(raw) if raw else None)


def header(token: str) -> str:
    return f"Token {base64.b64encode(token.encode()).decode()}"


@pytest.fixture(scope="module")
def tokens(stack: Stack) -> Iterator[None]:
    """A live token, and one that lapses before the tests begin, beside whatever was there."""
    dynamodb, table = boto3.client("dynamodb", **stack.client_settings), stack.tables["control"]
    before = stored_tokens(dynamodb, table)
    now = datetime.now(UTC)
    ttl_value = now + timedelta(seconds=LAPSES_AFTER_S)
    added: list[dict[str, Any]] = [
        {
            "sha256": hashlib.sha256(LIVE.encode()).hexdigest(),
            "issued_at": now.isoformat(),
            "not_after": None,
        },
        {
            "sha256": hashlib.sha256(LAPSED.encode()).hexdigest(),
            "issued_at": now.isoformat(),
            "not_after": ttl_value.isoformat(),
        },
    ]
    store_tokens(dynamodb, table, [*before, *added])
    time.sleep((ttl_value - datetime.now(UTC)).total_seconds())
    yield
    store_tokens(dynamodb, table, before)


def assert_refused(answer: Answer, method: str) -> None:
    assert answer.status == 401
    if method != "HEAD":  # whose answer has no body
        assert answer.body["status_code"] == 2002
        assert answer.body["status_message"]
        assert datetime.fromisoformat(answer.body["timestamp"]).tzinfo is not None
        assert answer.body.get("data") is None


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_token_a_route_tells_nothing(stack: Stack, method: str, path: str) -> None:
    assert_refused(call(stack, method, path, None), method)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "authorization",
    [header("wrong"), "Token wrong", f"Bearer {LIVE}", "Token", "Token ", "Basic dTpw", LIVE],
    ids=["encoded", "plain", "scheme", "nothing", "blank", "basic", "bare"],
)
def test_with_a_wrong_token_a_route_tells_nothing(
    stack: Stack, tokens: None, method: str, path: str, authorization: str
) -> None:
    assert_refused(call(stack, method, path, authorization), method)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_with_a_lapsed_token_a_route_tells_nothing(
    stack: Stack, tokens: None, method: str, path: str
) -> None:
    assert_refused(call(stack, method, path, header(LAPSED)), method)
    assert_refused(call(stack, method, path, f"Token {LAPSED}"), method)


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if route[1] != "/ocpi/2.2.1/credentials"]
)
def test_with_a_live_token_in_either_encoding_a_route_is_open(
    stack: Stack, tokens: None, method: str, path: str
) -> None:
    """What refuses the others is their token. (Credentials would be changed, so they are left in peace.)"""
    for authorization in (header(LIVE), f"Token {LIVE}"):
        answer = call(stack, method, path, authorization)
        assert answer.status not in (401, 403), answer
        assert answer.status < 500, answer
        if method != "HEAD":
            assert answer.body["timestamp"]
            assert isinstance(answer.body["status_code"], int)


def test_no_token_stands_in_any_log_line(stack: Stack, tokens: None) -> None:
    """Runs last in this module: by now every route was called with each token."""
    lines = [line for name in stack.functions for line in stack.log_lines(name)]
    assert lines, "there are no logs to look through"
    for secret in (LIVE, LAPSED, header(LIVE).split()[1], header(LAPSED).split()[1]):
        assert not [line for line in lines if secret in line]
