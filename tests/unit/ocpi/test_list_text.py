"""Cutting a page into the texts of its objects."""

import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.ocpi.json_text import MalformedJson, parse_json
from emsp.ocpi.list_text import MalformedList, split_list

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_each_object_keeps_the_characters_it_came_with() -> None:
    listed = '[ {"id": "1", "price": 8.10, "n": 1E2} ,\n\t{"id":"2"} ]'
    raw = f'\ufeff {{ "status_code" : 1000, "data" : {listed}, "x": [1] }} '
    page = split_list(raw.encode())
    assert page.status_code == 1000
    assert page.objects is not None
    assert [each.text for each in page.objects] == ['{"id": "1", "price": 8.10, "n": 1E2}', '{"id":"2"}']
    assert page.objects[0].peek == {"id": "1", "price": "8.10", "n": "1E2"}


@given(st.lists(VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_the_texts_are_the_values(values: list[Any], first: bool, indent: int | None) -> None:
    fields = {"status_code": 1000, "timestamp": "now"}
    answer = {"data": values, **fields} if first else {**fields, "data": values}
    objects = split_list(json.dumps(answer, indent=indent).encode()).objects
    assert objects is not None
    assert [json.loads(each.text) for each in objects] == values


@pytest.mark.parametrize("raw", ['{"data": {}}', '{"data": 0}', '{"data": false}', '{"data": "[]"}'])
def test_data_that_is_no_list(raw: str) -> None:
    assert split_list(raw.encode()).objects is None


@pytest.mark.parametrize("data", ["", '"data": null,', '"data": [],', '"data": [ ],'])
def test_a_list_that_is_left_out_null_or_empty_is_empty(data: str) -> None:
    answer = split_list(f'{{{data} "status_code": 1000}}'.encode())
    assert (answer.objects, answer.status_code) == ([], 1000)


@pytest.mark.parametrize(
    ("written", "code"),
    [("1000", 1000), ('"1000"', 1000), ("1000.0", 1000), ("1000.5", None), ("true", None), ('""', None)],
)
def test_the_status_code_in_every_spelling(written: str, code: int | None) -> None:
    assert split_list(f'{{"status_code": {written}}}'.encode()).status_code == code


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"data": [',
        b'{"data": [{}',
        b'{"data": [{},]}',
        b'{"data" []}',
        b'{"data": []} x',
        b"<html>",
        b'{"data": [{"a": 1} {"b": 2}]}',
        b"{1: 2}",
        b'{"data": [' + b"[" * 200_000 + b"]}",
    ],
)
def test_what_is_no_json_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(MalformedList):
        split_list(raw)


def test_bytes_that_are_no_utf_8_spoil_only_their_object() -> None:
    objects = split_list(b'{"data": [{"id": "\xff"}, {"id": "\xe2\x82\xb9"}]}').objects
    assert objects is not None
    with pytest.raises(UnicodeEncodeError):
        objects[0].text.encode()
    assert objects[1].text == '{"id": "₹"}'


@pytest.mark.parametrize("control", [chr(code) for code in (0, 1, 9, 10, 13, 27, 31)])
def test_a_raw_control_character_spoils_only_its_object(control: str) -> None:
    raw = '{"data": [{"id": "a"}, {"id": "b' + control + '"}, {"id": "c"}], "status_code": 1000}'
    objects = split_list(raw.encode()).objects
    assert objects is not None
    assert [each.peek["id"] for each in objects] == ["a", f"b{control}", "c"]
    with pytest.raises(MalformedJson):
        parse_json(objects[1].text)


@pytest.mark.parametrize("broken", ['{"a": {}', '{"a": }}', '"', "[1,]", "tru", '{"a": "}]'])
def test_where_an_object_that_is_no_json_has_no_end_the_whole_list_is_none(broken: str) -> None:
    with pytest.raises(MalformedList):
        split_list(f'{{"data": [{broken}, {{"id": "c"}}], "status_code": 1000}}'.encode())


@pytest.mark.parametrize("bomb", ['{"a": ' + '\\"' * 500_000, '{"a": ' + '"' * 500_001, "{" * 1_000_000])
def test_the_end_of_a_bomb_is_looked_for_once(bomb: str) -> None:
    started = process_time()
    with pytest.raises(MalformedList):
        split_list(f'{{"data": [{bomb}], "status_code": 1000}}'.encode())
    assert process_time() - started < 3
