"""One rule says what identifies an object: here it is, and here is every place where it counts."""

from decimal import Decimal

import pytest

from emsp.catalogue.module import identity_in, key_in
from emsp.catalogue.pull_locations import LOCATIONS
from emsp.commands.session_links import SessionSeen
from emsp.ocpi.cdrs import CdrIdentity
from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.ids import id_text, same_id
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json
from emsp.ocpi.parties import PartyId
from emsp.ocpi.sessions import SessionIdentity
from emsp.pushes.billed_token import token_key_of
from emsp.receiver.errors import InvalidPush
from tests.unit.ocpi.specification import complete

NOW = parse_datetime("2026-11-22T10:00:00Z")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("LOC-1", "LOC-1"),
        ("007", "007"),
        (4711, "4711"),
        (0, "0"),
        (-1, "-1"),
        (10**30, "1" + "0" * 30),
        (Decimal("7.10"), "7.10"),
        ("", None),
        (None, None),
        (True, None),
        (False, None),
        ([], None),
        (["1"], None),
        ({}, None),
    ],
)
def test_the_text_of_an_id(value: JsonValue, text: str | None) -> None:
    assert id_text(value) == text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a-1", "A-1", True),
        (123, "123", True),
        (Decimal("1.0"), "1.0", True),
        (Decimal("1.0"), 1, False),
        (True, "True", False),
        (None, None, False),
        ("", "", False),
        ("1", "2", False),
    ],
)
def test_ids_are_the_same_whatever_their_case_and_spelling(
    one: JsonValue, other: JsonValue, same: bool
) -> None:
    assert same_id(one, other) is same
    assert same_id(other, one) is same


@pytest.mark.parametrize("number", [123, 0, Decimal("12.5")])
def test_a_number_identifies_as_its_text_does_wherever_it_stands(number: int | Decimal) -> None:
    text = str(number)
    token: JsonObject = {"country_code": "IN", "party_id": "EMS", "uid": number}
    session = complete("Session") | {"country_code": "IN", "party_id": "ABC", "id": number}
    session |= {"cdr_token": token, "location_id": number, "evse_uid": number}
    location: JsonObject = {"country_code": "IN", "party_id": "ABC", "id": number}
    location["evses"] = [{"uid": number, "evse_id": number}]

    assert SessionIdentity.parse(session).id == text
    assert CdrIdentity.parse(complete("CDR") | {"id": number}).id == text
    assert CdrIdentity.parse(complete("CDR") | {"cdr_token": token}).cdr_token.uid == text
    seen = SessionSeen.of(session, NOW)
    assert seen is not None
    assert (seen.object_key, seen.token_key) == (f"IN#ABC#{text}", f"IN#EMS#{text}")
    assert (seen.id, seen.location_id, seen.evse_uid) == (text, text, text)
    assert key_in(location) == f"IN#ABC#{text}"
    assert identity_in(dump_json(location)) == ("IN", "ABC", text)
    assert list(LOCATIONS.ids(location)) == [text, text]


KEY_FIELDS = ["country_code", "party_id", "id", "currency"]


@pytest.mark.parametrize("field", KEY_FIELDS)
@pytest.mark.parametrize("number", [978, 12, 123, 0, 1234, Decimal("1.5")])
def test_a_number_in_a_key_field_is_judged_as_its_text_is(field: str, number: int | Decimal) -> None:
    def judged(value: JsonValue) -> str | None:
        try:
            return str(getattr(CdrIdentity.parse(complete("CDR") | {field: value}), field))
        except InvalidObject as error:
            return error.deviations[0].problem

    assert judged(number) == judged(str(number))


def test_a_currency_in_numbers_is_none() -> None:
    with pytest.raises(InvalidObject, match="currency does not identify anything"):
        CdrIdentity.parse(complete("CDR") | {"currency": 978})


OURS = PartyId("IN", "EMS")


@pytest.mark.parametrize(
    "party",
    [
        {},
        {"country_code": "IN"},
        {"party_id": "ems"},
        {"country_code": None, "party_id": None},
        {"country_code": "", "party_id": ""},
        {"country_code": "in", "party_id": "EMS"},
    ],
)
def test_a_token_that_does_not_say_whose_it_is_is_ours(party: JsonObject) -> None:
    assert token_key_of({"cdr_token": {"uid": "T-1", **party}}, OURS) == "IN#EMS#T-1"
    token = complete("CdrToken") | {"country_code": None, "party_id": None} | party
    assert CdrIdentity.parse(complete("CDR") | {"cdr_token": token}).cdr_token.uid


@pytest.mark.parametrize(
    "party", [{"party_id": "OTH"}, {"country_code": "NL"}, {"country_code": 31}, {"party_id": 123}]
)
def test_a_token_of_another_party_is_refused(party: JsonObject) -> None:
    with pytest.raises(InvalidPush, match="is not our party"):
        token_key_of({"cdr_token": {"uid": "T-1", **party}}, OURS)


@pytest.mark.parametrize("uid", [None, "", True, [], {"a": 1}, "x" * 301])
def test_a_token_without_a_uid_has_no_key(uid: JsonValue) -> None:
    assert token_key_of({"cdr_token": {"country_code": "IN", "party_id": "EMS", "uid": uid}}, OURS) is None
