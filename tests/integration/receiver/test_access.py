"""Every cell of the table of who may do what, through the real handlers."""

from collections.abc import Iterator
from copy import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.receiver.access import NOBODY, TABLE, Access, check_access
from emsp.receiver.authentication import Caller
from emsp.stores.inbound_tokens import InboundToken, InboundTokens, hash_token
from tests.inbound_tokens import live_token, store_tokens
from tests.integration.house import OUR_TOKEN, House
from tests.integration.samples import session

CELLS = [(route, method, kind) for route in TABLE for method, kind in product(TABLE[route], TokenKind)]
ISSUED = datetime(2026, 11, 22, 10, tzinfo=UTC)
VALUES = {
    "country_code": "IN",
    "party_id": "ABC",
    "session_id": "S1",
    "cdr_id": "C1",
    "command": "START_SESSION",
    "command_id": "none",
}
UNREGISTERED = 405
"""PUT and DELETE of credentials before a registration: the token let it through."""


@pytest.fixture(autouse=True)
def a_token_of_each_kind(house: House) -> Iterator[None]:
    tokens = [InboundToken(hash_token(f"the-{kind}-token"), ISSUED, kind=kind) for kind in TokenKind]
    InboundTokens(house.dynamodb, "control").change(lambda _: tokens)
    for name in ("versions", "credentials", "receive_session", "receive_cdr", "receive_command_result"):
        house.app(name).authentication.forget()
    yield
    store_tokens(house.dynamodb, "control", [live_token(OUR_TOKEN)])


def call(house: House, route: str, method: str, token: str, **values: str) -> tuple[int, int]:
    answer = house.call(method, route.format(**VALUES | values), {}, token=token)
    return answer.http_status, answer.status_code


@pytest.mark.parametrize(("route", "method", "kind"), CELLS)
def test_a_kind_of_token_may_do_what_the_table_says(
    house: House, route: str, method: str, kind: TokenKind
) -> None:
    """What is let through is then refused for its empty body, its unknown object or the like, never with 403.

    `the same again` and `no object` are refused here: these tokens have begun no exchange, and the path names
    an object.
    """
    http_status, status_code = call(house, route, method, f"the-{kind}-token")
    let_through = TABLE[route][method].get(kind) is Access.YES
    if TABLE[route][method].get(kind) is Access.AGAIN:
        assert (http_status, status_code) in {(403, 2002), (200, 2001), (UNREGISTERED, 2000)}
    else:
        assert ((http_status, status_code) != (403, 2002)) is let_through
    assert http_status not in (401, 500)


@pytest.mark.parametrize(("route", "method"), [(route, method) for route in TABLE for method in TABLE[route]])
@pytest.mark.parametrize("token", ["unknown", ""])
def test_an_unknown_token_may_do_nothing(house: House, route: str, method: str, token: str) -> None:
    assert call(house, route, method, token) == (401, 2002)


@pytest.mark.parametrize("kind", TokenKind)
def test_a_probe_reads_what_nobody_has(house: House, kind: TokenKind) -> None:
    country_code, party_id, nobodys = NOBODY
    for route in [each for each in TABLE if "party_id" in each]:
        named = {"country_code": country_code, "party_id": party_id, "session_id": nobodys, "cdr_id": nobodys}
        http_status, _ = call(house, route, "GET", f"the-{kind}-token", **named)
        invited = kind in (TokenKind.INVITATION, TokenKind.SPENT_INVITATION)
        assert http_status == (403 if invited else 404)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_paths_parameters_does_not_matter(order: int) -> None:
    route = "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}"
    named = dict(list(zip(("country_code", "party_id", "session_id"), NOBODY, strict=True))[::order])
    check_access(Caller("t", TokenKind.PROBE), route, "GET", named)


def test_a_refused_call_is_counted_and_nothing_of_it_is_kept(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/ocpi/2.2.1/sessions/IN/ABC/S1"
    assert house.call("PUT", path, session(), token="the-INVITATION-token").http_status == 403
    assert '"ForbiddenCalls":[1.0]' in capsys.readouterr().out
    assert (house.items("sessions"), house.rejected()) == ([], [])


def test_a_token_that_has_ended_is_unknown_whatever_it_was(house: House) -> None:
    ended = [
        replace(InboundToken(hash_token(f"ended-{kind}"), ISSUED, not_after=ISSUED), kind=kind)
        for kind in TokenKind
    ]
    tokens = InboundTokens(house.dynamodb, "control")
    before = tokens.read()
    tokens.change(lambda now: [*now, *ended])
    try:
        for kind in TokenKind:
            assert call(house, "/ocpi/versions", "GET", f"ended-{kind}") == (401, 2002)
    finally:
        tokens.change(lambda _: before)
