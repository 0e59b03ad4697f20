"""What crosses the door of a function that our own services invoke."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.commands.read_request import Control
from emsp.invocation import InvalidInvocation, answer, payload_of, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from tests.schemas.payloads import PAYLOADS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("8.10", 8.1),
        ("30.5", 30.5),
        ("1E+2", 100.0),
        ("0.0", 0.0),
        ("12345678901234567890", 12345678901234567890),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("1E+999", "1E+999"),
        ("1E-999", "1E-999"),
        ('[1.5, {"a": 2.5}]', [1.5, {"a": 2.5}]),
        ("true", True),
        ("null", None),
    ],
)
def test_an_answer_is_what_every_runtime_can_write(text: str, told: object) -> None:
    assert json.loads(json.dumps(answer({"value": parse_json(text)}))) == {"value": told}


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_digit_is_lost(number: Decimal) -> None:
    written = json.loads(json.dumps(answer({"n": number})))["n"]
    assert Decimal(str(written)) == number


@pytest.mark.parametrize("event", [None, [], "x", 5, True])
def test_a_payload_is_a_json_object(event: JsonValue) -> None:
    assert payload_of({}) == {}
    with pytest.raises(InvalidInvocation, match="JSON object"):
        payload_of(event)


UNKNOWN: list[tuple[str, JsonObject, str]] = [
    ("check_cdr", {"start": 1}, "unknown field 'start': known are cdr, from, open_disputes, reprice, to"),
    ("settle", {"start": 1}, "continue"),
    ("find_charges", {"session": {"id": "S", "uid": "x"}},
     "unknown field 'session.uid': known are country_code, id, party_id"),
    ("find_locations", {"connector": {"evse": "x"}},
     "unknown field 'connector.evse': known are connector_id, country_code, evse_uid, location_id, party_id"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "payload", "told"), UNKNOWN)
def test_the_fields_that_are_known_are_named_as_in_a_payload_and_at_their_level(
    function: str, payload: JsonObject, told: str
) -> None:
    with pytest.raises(InvalidInvocation) as raised:
        read_payload(PAYLOADS[function], payload)
    assert told in str(raised.value)


def test_a_limit_has_fields_of_its_own() -> None:
    payload: JsonObject = {"command": "START_SESSION", "limit": {"cost": 5}}
    with pytest.raises(InvalidInvocation, match="known are cost_incl_vat, energy_kwh, minutes"):
        read_payload(Control, payload)


@pytest.mark.parametrize("function", sorted(PAYLOADS))
@pytest.mark.parametrize(
    "bomb", [{f"f{number}": 0 for number in range(20_000)}, {"x" * 1_000_000: 0}, {"role": "x" * 1_000_000}]
)
def test_the_error_of_a_payload_is_short_however_large_that_is(function: str, bomb: JsonObject) -> None:
    with pytest.raises(InvalidInvocation) as raised:
        read_payload(PAYLOADS[function], bomb)
    assert len(str(raised.value)) < 8_000
