"""Who may do what, deployed: each cell of the table, and the runbook's page for a token that leaked."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from emsp.ocpi.token_kinds import TokenKind
from emsp.receiver.access import TABLE, Access
from emsp.receiver.token_cache import CACHE_SECONDS
from tests.e2e.inbound import push
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.inbound_tokens import live_token, store_tokens, stored_tokens
from tests.integration.connection.test_credentials import VersionsOfTheHub, credentials
from tests.integration.http_server import serving
from tests.integration.samples import path_of, session
from tests.local_cloud.stack import Stack
from tests.template.template import REPOSITORY

VALUES = {
    "country_code": "IN",
    "party_id": "ABC",
    "session_id": "no-such-session",
    "cdr_id": "no-such-cdr",
    "command": "START_SESSION",
    "command_id": "no-such-command",
}
CELLS = [
    (route, method, kind)
    for kind in TokenKind
    for route, methods in TABLE.items()
    for method in methods
    if (method, kind) != ("DELETE", TokenKind.LIVE)  # it ends the registration: the last test
]
LEAKED = "token-that-leaked"
THIEFS = "token-of-the-thief"


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=1) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def token_of_each_kind(stack: Stack, hub: HubSimulator) -> None:
    add_tokens(stack, {f"e2e-{kind}": kind for kind in TokenKind})


def add_tokens(stack: Stack, kinds: dict[str, TokenKind]) -> None:
    dynamodb, table = boto3.client("dynamodb", **stack.client_settings), stack.tables["control"]
    added = [live_token(token) | {"kind": kind} for token, kind in kinds.items()]
    store_tokens(dynamodb, table, [*stored_tokens(dynamodb, table), *added])


@pytest.mark.usefixtures("token_of_each_kind")
@pytest.mark.parametrize(("route", "method", "kind"), CELLS)
def test_a_kind_of_token_may_do_what_the_table_says(
    stack: Stack, route: str, method: str, kind: TokenKind
) -> None:
    body: dict[str, Any] | None = None if method in ("GET", "DELETE") else {}
    answer = push(stack, f"e2e-{kind}", method, route.format(**VALUES), body)
    told = (answer.http_status, answer.status_code)
    match TABLE[route][method].get(kind):
        case Access.YES:
            assert told != (403, 2002)
        case Access.AGAIN:
            assert told == (200, 2001), "the body is looked at"
        case _:
            assert told == (403, 2002)
    assert answer.http_status not in (401, 500)


@pytest.mark.parametrize("route", TABLE)
def test_an_unknown_token_may_do_nothing(stack: Stack, route: str) -> None:
    for method in TABLE[route]:
        answer = push(stack, "unheard-of", method, route.format(**VALUES))
        assert (answer.http_status, answer.status_code) == (401, 2002)


def test_a_flood_of_unknown_tokens_is_answered_401(stack: Stack) -> None:
    """Beyond the looks that are allowed as well: before, from the 61st on it was 503."""
    answered = [push(stack, f"flood-{number}", "GET", "/ocpi/versions").http_status for number in range(150)]
    assert set(answered) == {401}


@contextmanager
def a_thief() -> Iterator[dict[str, Any]]:
    """Credentials of somebody whose versions can be read as a Hub's can."""
    served = VersionsOfTheHub(accepted={THIEFS})

    def answer(path: str, authorization: str) -> tuple[int, bytes]:
        status, body = served.answer(path, authorization)
        return status, json.dumps(body).encode()

    with serving(answer) as url:
        served.url = url.replace("127.0.0.1", "localhost")
        yield credentials(served, token=THIEFS)


def commands_of(heading: str) -> list[tuple[str, dict[str, Any]]]:
    """What a part of the runbook has invoked, in its order."""
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    part = runbook.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"`invoke (\w+) '(\{.*?\})'`", part, flags=re.DOTALL)
    return [(function, json.loads(payload)) for function, payload in found]


def test_the_runbooks_page_for_a_token_that_leaked(stack: Stack, hub: HubSimulator) -> None:
    """Step by step, with a thief who has taken over the connection and comes back after each."""
    steps = commands_of("A token leaked")
    assert [payload["action"] for _, payload in steps] == [
        "status",
        "rotate",
        "register",
        "revoke",
        "verify",
    ]
    assert {function for function, _ in steps} == {"register"}
    (_, status), (_, rotate), (_, register), (_, revoke), (_, verify) = steps
    add_tokens(stack, {LEAKED: TokenKind.LIVE})
    with a_thief() as thief:
        put = ("PUT", "/ocpi/2.2.1/credentials", thief)
        assert push(stack, LEAKED, *put).status_code == 1000

        told = stack.invoke("register", status)
        assert told["versions_url"] == thief["url"]

        register |= {"versions_url": hub.versions_url, "token": hub.admin.invite()}
        told = stack.invoke("register", register)
        assert told["versions_url"] == hub.versions_url
        assert push(stack, LEAKED, *put).status_code == 2002, "the thief is out"
        value = session("E2E-LEAKED")
        assert push(stack, LEAKED, "PUT", path_of(value), value).status_code == 1000, "but for pushes"

        told = stack.invoke("register", revoke)
        assert len(told["revoked"]) >= 2
        assert push(stack, LEAKED, *put).http_status == 401, "at once"
        began = time.monotonic()
        while push(stack, LEAKED, "GET", path_of(value)).http_status != 401:
            assert time.monotonic() - began < CACHE_SECONDS + 5
            time.sleep(0.5)

        told = stack.invoke("register", verify)
        assert [each["kind"] for each in told["inbound_tokens"]] == ["LIVE"]
        [pushed] = hub.admin.push("sessions", session("E2E-HUBS", party_id="TZC"), wait=True)
        assert [attempt["http_status"] for attempt in pushed["attempts"]] == [200]

        assert stack.invoke("register", rotate)["versions_url"] == hub.versions_url
        assert push(stack, LEAKED, *put).http_status == 401


def test_a_live_token_ends_the_registration(stack: Stack, hub: HubSimulator) -> None:
    add_tokens(stack, {"e2e-ends": TokenKind.LIVE})
    assert push(stack, "e2e-ends", "DELETE", "/ocpi/2.2.1/credentials").status_code == 1000
    assert push(stack, "e2e-ends", "GET", "/ocpi/2.2.1/credentials").http_status == 401
    assert stack.invoke("register", {"action": "status"})["registered"] is False
