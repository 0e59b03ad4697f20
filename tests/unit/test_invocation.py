"""What crosses the door of a function that our own services invoke."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.invocation import InvalidInvocation, answer, payload_of
from emsp.ocpi.json_text import JsonValue, parse_json


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
