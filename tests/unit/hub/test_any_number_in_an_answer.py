"""A number of the Hub's, however long or large, is read or left aside: no exception of Python's own."""

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emsp.catalogue.connector_groups import power_w
from emsp.catalogue.pull_locations import position_of
from emsp.commands.result_timeout import LONGEST_TIMEOUT_S, timeout_s
from emsp.hub.answers import LONGEST_RETRY_AFTER_S, RawAnswer, read_answer, retry_after_s
from emsp.hub.errors import HubError, RequestTrace
from emsp.hub.next_page import BrokenPaging, Cursor, PageHeaders, following, larger, likely_next, smaller
from emsp.invocation import answer
from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.envelope import MalformedEnvelope, parse_envelope
from emsp.ocpi.json_text import MalformedJson, dump_json, parse_json
from emsp.ocpi.list_text import MalformedList, split_list
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.paging_headers import page_limit, total_count
from emsp.ocpi.types.numbers import Int, Number, Weekday

TABLE = [
    "1e999999999",
    "-1e999999999",
    "1e-999999999",
    "1E+9999999999999999999999",
    "1e400",
    "9" * 400,
    "9" * 4300,
    "9" * 5000,
    "-" + "9" * 5000,
    "0." + "0" * 5000 + "1",
    "1000." + "0" * 5000,
    "-0",
    "-0.0",
    "1000.0",
    "1e3",
    "0.1e4",
]
"""JSON numbers. As text they stand in headers and in strings too."""
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "0x10", "1_000", "٣", "²", "1e", "", " ", "+1", "1 0", "\x00"]
TRACE = RequestTrace("GET", "/x", "r", "c")

numbers = st.sampled_from(TABLE) | st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,20})?", fullmatch=True
)
texts = numbers | st.sampled_from(NO_NUMBERS) | st.text(max_size=8)


@given(numbers)
def test_a_status_code_is_a_code_or_no_envelope(number: str) -> None:
    for written in (number, json.dumps(number)):
        try:
            code = parse_envelope(f'{{"status_code": {written}}}'.encode()).status_code
        except MalformedEnvelope:
            continue
        assert 0 <= code < 10_000


@given(st.integers(200, 599), numbers, numbers)
@example(200, "1e999999999", "1")
@example(429, "9" * 5000, "9" * 5000)
def test_an_answer_with_any_number_is_data_or_an_error_of_ours(status: int, code: str, wait: str) -> None:
    body = f'{{"status_code": {code}, "data": {{"timeout": {wait}}}}}'.encode()
    with suppress(HubError):
        read_answer(RawAnswer(status, {"Retry-After": wait}, body), TRACE)


@given(texts)
def test_retry_after_is_a_bearable_wait(text: str) -> None:
    assert 0 <= retry_after_s(text) <= LONGEST_RETRY_AFTER_S


@given(texts)
def test_a_timeout_is_a_bearable_one(text: str) -> None:
    values: list[Any] = [text]
    with suppress(MalformedJson):
        values.append(parse_json(text))
    for value in values:
        assert 0 <= timeout_s({"timeout": value}) <= LONGEST_TIMEOUT_S


def query(offset: str, limit: str) -> str:
    return f"https://hub.example/ocpi/2.2.1/locations?offset={offset}&limit={limit}"


@given(texts, texts, texts, texts, st.integers(0, 1000))
@example("9" * 5000, "1", "1", "1", 1)
@example("0", "9" * 5000, "1", "1", 1)
@example("0", "1", "9" * 5000, "9" * 5000, 0)
def test_paging_goes_on_ends_or_is_said_to_be_broken(
    offset: str, limit: str, total: str, page: str, count: int
) -> None:
    headers = {"X-Total-Count": total, "X-Limit": page}
    said = PageHeaders(query(offset, limit), total_count(headers), page_limit(headers))
    for here in (query("0", "10"), query(offset, limit)):
        cursor = Cursor(here, narrowed=True, total=10)
        try:
            likely_next(cursor, said)
            following(cursor, said, count, pages_at_most=10)
            following(cursor, PageHeaders(None, said.total, said.limit), count, pages_at_most=10)
        except BrokenPaging:
            pass
        smaller(cursor)
        larger(cursor, 500)


@given(numbers)
def test_a_page_of_a_list_keeps_any_number_as_its_text(number: str) -> None:
    body = f'{{"status_code": {number}, "data": [{{"id": "1", "power": {number}}}]}}'.encode()
    try:
        page = split_list(body)
    except MalformedList:
        return
    assert page.objects is not None
    assert page.objects[0].text == f'{{"id": "1", "power": {number}}}'
    assert page.status_code is None or page.status_code < 10**9


@given(texts, texts, texts)
def test_the_map_and_the_power_of_a_plug_take_any_number(one: str, other: str, third: str) -> None:
    position = position_of({"coordinates": {"latitude": one, "longitude": other}})
    assert position is None or all(-180 <= degrees <= 180 for degrees in position)
    power_w({"max_electric_power": one})
    power_w({"max_voltage": one, "max_amperage": other, "power_type": third})


class Charge(OcpiModel):
    """Of each kind of number one."""

    number: Number | None = None
    integer: Int | None = None
    weekday: Weekday | None = None


@pytest.mark.parametrize("name", ["number", "integer", "weekday"])
@given(texts)
@example("9" * 4000)
def test_a_number_of_an_object_can_be_calculated_with_or_is_a_deviation(name: str, text: str) -> None:
    values: list[Any] = [text]
    with suppress(MalformedJson):
        values.append(parse_json(text))
    for value in values:
        with suppress(InvalidObject):
            read = getattr(Charge.parse({name: value}), name)
            assert read is None or abs(Decimal(read).adjusted()) <= 100


@given(numbers)
def test_what_is_read_can_be_written_and_told(number: str) -> None:
    try:
        value = parse_json(number)
    except MalformedJson:
        return
    told: Mapping[str, Any] = answer({"number": value})
    json.dumps(told)
    assert parse_json(dump_json(value)) == value
    assert len(dump_json(value)) < 11_000
