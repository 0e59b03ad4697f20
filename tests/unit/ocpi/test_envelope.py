"""Answers in the envelope: ours as OCPI wants them, theirs as they come."""

from datetime import UTC, datetime

import pytest

from emsp.ocpi.envelope import Envelope, MalformedEnvelope, envelope, parse_envelope
from emsp.ocpi.json_text import JsonValue, dump_json
from emsp.ocpi.status_codes import StatusCode, is_success

NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)


def test_an_answer_holds_the_data_the_code_and_the_time() -> None:
    assert envelope([{"id": "1"}], now=NOW) == {
        "data": [{"id": "1"}],
        "status_code": 1000,
        "status_message": "Success",
        "timestamp": "2026-11-22T10:00:00.123Z",
    }


def test_an_answer_has_all_four_fields_also_without_data() -> None:
    answer = envelope(None, StatusCode.INVALID_PARAMETERS, "last_updated is missing", now=NOW)
    assert answer == {
        "data": None,
        "status_code": 2001,
        "status_message": "last_updated is missing",
        "timestamp": "2026-11-22T10:00:00.123Z",
    }
    assert type(answer["status_code"]) is int


@pytest.mark.parametrize("data", [[], {}, "", False, 0])
def test_empty_data_is_data(data: JsonValue) -> None:
    assert envelope(data, now=NOW)["data"] == data


def test_an_answer_is_read() -> None:
    raw = b'{"data":{"a":1.10},"status_code":2004,"status_message":"slow","timestamp":"2026-11-22T10:00:00"}'
    answer = parse_envelope(raw)
    assert dump_json(answer.data) == '{"a":1.10}'
    assert (answer.status_code, answer.status_message) == (2004, "slow")
    assert not answer.is_success


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"status_code":1000}', Envelope(None, 1000, None)),
        (b'{"status_code":"1000","status_message":null,"data":null}', Envelope(None, 1000, None)),
        (b'{"status_code":1000,"status_message":7,"timestamp":"yesterday"}', Envelope(None, 1000, "7")),
        (b'\xef\xbb\xbf{"status_code":1000,"timestamp":5,"more":1}', Envelope(None, 1000, None)),
    ],
)
def test_what_is_missing_or_odd_beside_the_code_is_tolerated(raw: bytes, expected: Envelope) -> None:
    assert parse_envelope(raw) == expected


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "can't be read"),
        (b"<html>502 Bad Gateway</html>", "can't be read"),
        (b'{"status_code":1000', "can't be read"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"data":[]}', "no status_code"),
        (b'{"status_code":null}', "no status_code"),
        (b'{"status_code":true}', "not a whole number"),
        (b'{"status_code":"OK"}', "not a whole number"),
        (b'{"status_code":1000.5}', "not a whole number"),
        (b'{"status_code":[1000]}', "not a whole number"),
    ],
)
def test_what_is_no_envelope_is_refused(raw: bytes, problem: str) -> None:
    with pytest.raises(MalformedEnvelope, match=problem):
        parse_envelope(raw)


@pytest.mark.parametrize(
    ("code", "success"), [(999, False), (1000, True), (1999, True), (2000, False), (3000, False)]
)
def test_only_codes_of_the_first_range_tell_of_success(code: int, success: bool) -> None:
    assert is_success(code) is success
