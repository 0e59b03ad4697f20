"""For whom a push is, and who may read what was pushed."""

import json
from typing import Any

import pytest

from tests.inbound_tokens import live_token, store_tokens, stored_tokens
from tests.integration.house import House
from tests.integration.pushes.test_keep_rejected import replay
from tests.integration.pushes.test_senders import push, routed
from tests.integration.samples import cdr, cdr_token, path_of, session

WITHOUT_PARTY = {
    name: value for name, value in cdr_token().items() if name not in ("country_code", "party_id")
}
OURS = cdr_token()
FOREIGN = {**OURS, "party_id": "OTH"}
TO_US = [{}, routed(None, None, "EMS"), routed("IN", "CPO", "EMS"), routed(None, None, "CIH")]
TO_ANOTHER = [
    routed(None, None, "OTH"),
    routed("IN", "CPO", "OTH"),
    {"OCPI-to-country-code": "DE", "OCPI-to-party-id": "EMS"},
    {"OCPI-to-country-code": "DE"},
    {"OCPI-to-party-id": "oth"},
]
TOKENS: list[Any] = [OURS, WITHOUT_PARTY, {**OURS, "party_id": None}, {**OURS, "party_id": ""}, None, FOREIGN]


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
@pytest.mark.parametrize("token", TOKENS, ids=str)
@pytest.mark.parametrize("headers", [*TO_US, *TO_ANOTHER], ids=str)
def test_what_is_addressed_to_another_emsp_is_not_billed_to_us(
    house: House, module: str, token: Any, headers: dict[str, str]
) -> None:
    """Ours: token and header both, or the token alone, whatever the header says."""
    if module == "cdrs" and token is None:
        token = {}
    ours = token is OURS or (
        token is not FOREIGN and headers in TO_US and not (module == "cdrs" and not token)
    )
    assert push(house, module, headers, cdr_token=token) == (1000 if ours else 2001)
    assert len(house.items(module)) == ours
    if ours and headers in TO_ANOTHER:
        assert "OCPI-to-party-id" in house.items(module)[0]["deviations"]["S"]
    if not ours:
        [kept] = house.rejected()
        sent = session("S-1", cdr_token=token) if module == "sessions" else cdr("C-1", cdr_token=token)
        assert json.loads(kept["body"]) == sent
        assert kept["reason"]
        assert replay(house, {"all": True})["rejected"] == 1


@pytest.mark.parametrize("headers", [TO_US[0], TO_ANOTHER[0]], ids=str)
@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_a_token_with_spaces_around_its_party_is_ours(
    house: House, module: str, headers: dict[str, str]
) -> None:
    """What we refuse never comes again."""
    token = {**OURS, "country_code": "in ", "party_id": " EMS ", "uid": " token1 "}
    assert push(house, module, headers, cdr_token=token) == 1000
    assert house.items(module)[0]["token_key"]["S"] == "IN#EMS#TOKEN1"
    for blank in (" ", ""):
        assert push(house, module, TO_ANOTHER[0], cdr_token={**OURS, "party_id": blank}) == 2001


@pytest.mark.parametrize("headers", TO_ANOTHER, ids=str)
def test_a_patch_goes_by_the_token_of_its_session(house: House, headers: dict[str, str]) -> None:
    path = path_of(session("S-1"))
    patch = {"kwh": 9, "last_updated": "2026-11-22T11:00:00Z"}
    assert push(house, "sessions", {}) == 1000
    assert house.call("PATCH", path, patch, headers=headers).status_code == 1000
    assert push(house, "sessions", {}, cdr_token=WITHOUT_PARTY, last_updated="2026-11-22T12:00:00Z") == 1000
    later = {**patch, "last_updated": "2026-11-22T13:00:00Z"}
    assert house.call("PATCH", path, later, headers=headers).status_code == 2001


@pytest.fixture
def stored(house: House) -> House:
    assert push(house, "sessions", {}) == 1000
    assert push(house, "cdrs", {}) == 1000
    return house


PATHS = [path_of(session("S-1")), "/ocpi/2.2.1/cdrs/IN/CPO/C-1"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "reads"),
    [
        ({}, True),
        (routed("in", "cpo"), True),
        (routed("IN", "CIH"), True),
        (routed("IN", "EVL"), False),
        (routed("DE", "CPO"), False),
    ],
    ids=str,
)
def test_what_is_read_is_the_readers_own(
    stored: House, path: str, headers: dict[str, str], *, reads: bool
) -> None:
    answer = stored.call("GET", path, headers=headers)
    assert (answer.http_status, answer.status_code) == ((200, 1000) if reads else (404, 2003))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("speaks_for", "reads"),
    [(None, True), (("IN*CPO",), True), (("IN*EVL", "IN*CPO"), True), (("IN*EVL",), False)],
)
def test_who_speaks_for_one_cpo_reads_no_other_ones_objects(
    stored: House, path: str, speaks_for: tuple[str, ...] | None, *, reads: bool
) -> None:
    token = f"token-for-{speaks_for}"
    known = stored_tokens(stored.dynamodb, "control")
    more = {} if speaks_for is None else {"speaks_for": list(speaks_for)}
    store_tokens(stored.dynamodb, "control", [*known, live_token(token) | more])
    answer = stored.call("GET", path, token=token)
    assert (answer.http_status, answer.status_code) == ((200, 1000) if reads else (404, 2003))
    unknown = stored.call("GET", path + "0", token=token)
    assert unknown.status_code == 2003
    if not reads:
        assert unknown.envelope["status_message"] == answer.envelope["status_message"]
