"""JSON text comes in and goes out with every number exact to the digit."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.ocpi.cdr_token import TokenType
from emsp.ocpi.json_text import MAX_DEPTH, JsonValue, MalformedJson, dump_json, parse_json
from emsp.ocpi.status_codes import StatusCode

texts = st.text(st.characters(exclude_categories=["Cs"]))
decimals = st.decimals(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | decimals | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_as_the_same_value(value: JsonValue) -> None:
    assert parse_json(dump_json(value)) == value
    assert parse_json(dump_json(value).encode()) == value


@given(values)
def test_what_is_written_is_json_to_others_too(value: JsonValue) -> None:
    json.loads(dump_json(value))


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,40})\.[0-9]{1,40}", fullmatch=True))
def test_a_number_with_a_fraction_keeps_every_digit(text: str) -> None:
    number = parse_json(text)
    assert isinstance(number, Decimal)
    # Decimal writes tiny numbers with an exponent: the same digits, and the same number of them.
    assert Decimal(dump_json(number)).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    "text", ["8.10", "0.1234567890123456789", "-0.00", "2700", "120", "12345678901234567890"]
)
def test_numbers_come_back_as_they_were(text: str) -> None:
    assert dump_json(parse_json(text)) == text


@pytest.mark.parametrize(
    ("text", "number"), [("1E3", 1000), ("1e-7", Decimal("0.0000001")), ("-2.50E+2", -250)]
)
def test_numbers_with_an_exponent_keep_their_value(text: str, number: Decimal) -> None:
    assert parse_json(text) == number
    assert parse_json(dump_json(parse_json(text))) == number


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse_json(b'\xef\xbb\xbf{"id":"1"}') == {"id": "1"}
    assert parse_json('\ufeff{"id":"1"}') == {"id": "1"}


def test_other_scripts_stay_readable_in_the_text() -> None:
    assert dump_json({"name": "बेंगलुरु ₹ 😀"}) == '{"name":"बेंगलुरु ₹ 😀"}'
    assert parse_json(rb'"\ud83d\ude00"') == "😀"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"id":1}x', "not JSON"),
        (b"{'id':1}", "not JSON"),
        (b"NaN", "NaN is not a JSON value"),
        (b'{"a":-Infinity}', "-Infinity is not a JSON value"),
        (b'"\xff"', "not UTF-8: invalid start byte at byte 1"),
        ('"id"'.encode("utf-16"), "not UTF-8"),
        (rb'{"a":"\ud800"}', "half of a surrogate pair"),
        (rb'{"a":"\uDC00"}', "half of a surrogate pair"),
        (b'"a\nb"', "not JSON"),
        (b"1" * 5000, "more digits than can be read"),
        (b"1e99999999999999999999", "more digits than can be read"),
    ],
)
def test_what_is_not_json_is_refused(raw: bytes, problem: str) -> None:
    with pytest.raises(MalformedJson, match=problem):
        parse_json(raw)


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except MalformedJson:
        return
    assert parse_json(dump_json(value).encode()) == value


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 3000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_too_many_levels_are_refused(depth: int, opening: str, closing: str) -> None:
    with pytest.raises(MalformedJson, match="nested deeper than 100"):
        parse_json(opening * depth + "1" + closing * depth)


def test_as_many_levels_as_are_allowed_are_read_beside_many_brackets() -> None:
    flat = "[" + ",".join(["{}"] * 500) + "]"
    deep = "[" * (MAX_DEPTH - 1) + flat + "]" * (MAX_DEPTH - 1)
    assert dump_json(parse_json(deep.replace("{}", "1"))) == deep.replace("{}", "1")
    assert dump_json(parse_json(flat)) == flat


def test_brackets_in_strings_are_no_levels_and_hide_none() -> None:
    assert parse_json('["' + "[" * 5000 + '"]') == ["[" * 5000]
    hidden = '["]",' * 3000 + "1" + ',"["]' * 3000
    with pytest.raises(MalformedJson, match="nested deeper"):
        parse_json(hidden)


def test_enums_datetimes_and_tuples_are_written() -> None:
    value = {"a": (TokenType.RFID, StatusCode.SUCCESS), "b": datetime(2026, 11, 22, 10, tzinfo=UTC), "c": ()}
    assert dump_json(value) == '{"a":["RFID",1000],"b":"2026-11-22T10:00:00Z","c":[]}'


@pytest.mark.parametrize("value", [1.5, math.nan, b"bytes", {1, 2}, object()])
def test_what_json_or_exactness_does_not_allow_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="can't be written as JSON"):
        dump_json({"a": [value]})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_a_decimal_that_is_no_number_is_not_written(number: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        dump_json(Decimal(number))
