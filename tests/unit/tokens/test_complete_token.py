"""Every form of naming a token, and the Token that it stands for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from emsp.ocpi.deviations import deviations
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.ocpi.tokens import Token
from emsp.tokens.complete_token import Issuer, asked_token, completed, lacks, refuse_foreign

NOW = datetime(2026, 11, 25, 12, 0, 0, 7, tzinfo=UTC)
US = Issuer(PartyId("IN", "EMS"), "Bijli Drive")
GUIDE: JsonObject = {"uid": "APP-1", "type": "APP_USER", "contract_id": "IN-EMS-C1"}
WHOLE: JsonObject = {
    "country_code": "IN",
    "party_id": "EMS",
    **GUIDE,
    "issuer": "Bijli Drive",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-11-25T12:00:00Z",
}


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({}, None),
        ({"token": None, "token_uid": None}, None),
        ({"token_uid": "APP-1"}, {"uid": "APP-1"}),
        ({"token": {"uid": "APP-1"}}, {"uid": "APP-1"}),
        ({"token": GUIDE}, GUIDE),
        ({"token": WHOLE}, WHOLE),
        ({"token": {**WHOLE, "visual_number": None}}, WHOLE),
    ],
)
def test_forms(payload: dict[str, Any], asked: JsonObject | None) -> None:
    assert asked_token(payload.get("token_uid"), payload.get("token")) == asked


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"token_uid": "A", "token": {"uid": "A"}}, "give either token_uid or token, not both"),
        ({"token": {"type": "RFID"}}, "token.uid is missing"),
        ({"token": {"uid": None}}, "token.uid is missing"),
        ({"token": {"uid": 7}}, "token.uid is not a string"),
        ({"token": {"uid": "x" * 301}}, "token.uid has more than 36 characters"),
        ({"token": {"uid": "A", "type": "NFC"}}, "token.type is none of"),
        ({"token": {"uid": "A", "contract_id": ""}}, "token.contract_id is empty"),
    ],
)
def test_what_names_no_token(payload: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        asked_token(payload.get("token_uid"), payload.get("token"))


def test_the_hub_guides_own_token_is_completed_from_what_we_are() -> None:
    assert completed(US, NOW, GUIDE) == WHOLE
    assert list(completed(US, NOW, GUIDE)) == [name for name in Token.field_names() if name in WHOLE]


def test_a_uid_alone_needs_someone_who_told_of_it() -> None:
    assert lacks(completed(US, NOW, {"uid": "APP-1"})) == ["type", "contract_id"]
    assert lacks(completed(US, NOW, GUIDE, {"uid": "APP-1"})) == []


def test_later_words_count_and_what_can_not_be_is_passed_by() -> None:
    said: JsonObject = {
        **WHOLE,
        "issuer": "x" * 65,
        "last_updated": "yesterday",
        "valid": False,
        "group_id": None,
    }
    token = completed(US, NOW, GUIDE | {"type": "RFID"}, said)
    assert token == WHOLE | {"valid": False}
    assert deviations(Token, token) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"type": "rfid"}, {"type": "RFID"}),
        ({"whitelist": "Allowed_Offline"}, {"whitelist": "ALLOWED_OFFLINE"}),
        ({"contract_id": 4711}, {"contract_id": "4711"}),
        ({"group_id": 7}, {"group_id": "7"}),
        ({"type": "NFC"}, {}),
        ({"type": 1}, {}),
        ({"contract_id": True}, {}),
        ({"contract_id": ["C"]}, {}),
    ],
)
def test_what_is_understood_is_told_to_others_as_ocpi_spells_it(
    said: JsonObject, expected: JsonObject
) -> None:
    assert completed(US, NOW, WHOLE, said) == WHOLE | expected


@pytest.mark.parametrize("party", [{"country_code": "DE"}, {"party_id": "ABC"}])
def test_the_token_of_another_party_is_refused(party: dict[str, Any]) -> None:
    refuse_foreign({"uid": "A", "country_code": "in", "party_id": "ems"}, US.party)
    with pytest.raises(InvalidInvocation, match="only tokens of IN\\*EMS"):
        refuse_foreign({"uid": "A", **party}, US.party)
