"""Who may do what, deployed: each cell of the table. test_evicted_tokens.py ends tokens."""

from collections.abc import Iterator
from typing import Any

import pytest

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.receiver.access import TABLE, Access
from tests.e2e.inbound import add_tokens, push
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

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
    if (method, kind) != ("DELETE", TokenKind.LIVE)  # it ends the registration
]


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=1) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def token_of_each_kind(stack: Stack, hub: HubSimulator) -> None:
    add_tokens(stack, {f"e2e-{kind}": kind for kind in TokenKind})


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
