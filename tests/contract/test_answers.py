"""What we answer fits the hand-written schemas; what they allow is stored and given back as it came."""

import json
from typing import Any

import pytest
from hypothesis import given

from emsp.ocpi.json_text import parse_json
from tests.contract.ocpi_schemas import dumped, objects, problems
from tests.integration.house import Answer, House
from tests.integration.samples import cdr, path_of, session
from tests.profiles import examples


def data_of(answer: Answer, schema: str) -> Any:
    assert problems("response", answer.envelope) == []
    assert problems(schema, answer.envelope["data"]) == []
    return answer.envelope["data"]


def test_versions_and_credentials(house: House) -> None:
    data_of(house.call("GET", "/ocpi/versions"), "versions")
    data_of(house.call("GET", "/ocpi/2.2.1"), "version_details")
    data_of(house.call("GET", "/ocpi/2.2.1/credentials"), "credentials")


def test_sessions_and_cdrs(house: House) -> None:
    house.empty()
    for value in (session(), session(at="2026-11-22T10:09:00Z", status="COMPLETED")):
        assert problems("session", value) == []
        assert problems("response", house.call("PUT", path_of(value), value).envelope) == []
        data_of(house.call("GET", path_of(value)), "session")
    assert problems("cdr", cdr()) == []
    answer = house.call("POST", "/ocpi/2.2.1/cdrs", cdr())
    data_of(house.call("GET", answer.headers["Location"].removeprefix("https://emsp.example.com")), "cdr")


def test_a_session_that_its_cdr_completed_is_still_a_session(house: House) -> None:
    house.empty()
    house.call("PUT", path_of(session()), session())
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr())
    assert data_of(house.call("GET", path_of(session())), "session")["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("method", "path", "raw"),
    [
        ("GET", "/ocpi/2.2.1/sessions/IN/CPO/none", b""),
        ("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b"{"),
        ("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b"{}"),
        ("DELETE", "/ocpi/2.2.1/cdrs", b""),
        ("GET", "/", b""),
        ("POST", "/ocpi/2.2.1/commands/X/y", b'{"result": "ACCEPTED"}'),
    ],
)
def test_refusals_are_enveloped(house: House, method: str, path: str, raw: bytes) -> None:
    for token in ("wrong", None):
        assert problems("response", house.call(method, path, raw=raw, token=token).envelope) == []
    answer = house.call(method, path, raw=raw)
    assert problems("response", answer.envelope) == []
    assert answer.envelope["status_message"]


def test_every_session_that_ocpi_allows_is_stored_and_given_back(house: House) -> None:
    @examples(0.4)
    @given(objects("session"))
    def accepted(value: Any) -> None:
        house.empty()
        value |= {"country_code": "IN", "party_id": "CPO", "id": "S-1"}
        value["cdr_token"] |= {"country_code": "in", "party_id": "EMS"}
        value["last_updated"] = min(
            value["last_updated"], "2026-11-22T10:00:00Z"
        )  # a later one is a deviation
        assert house.call("PUT", path_of(value), raw=dumped(value)).status_code == 1000
        answer = house.call("GET", path_of(value))
        assert parse_json(json.dumps(answer.envelope["data"])) == parse_json(dumped_as_floats(value))
        assert dumped(value).decode() in answer.body
        item = house.item("sessions", "IN#CPO#S-1")
        assert item is not None
        assert "deviations" not in item

    accepted()


def test_every_cdr_that_ocpi_allows_is_stored_and_given_back(house: House) -> None:
    @examples(0.25)
    @given(objects("cdr"))
    def accepted(value: Any) -> None:
        house.empty()
        value |= {"country_code": "IN", "party_id": "CPO", "id": "C-1"}
        value["cdr_token"] |= {"country_code": "IN", "party_id": "EMS"}
        answer = house.call("POST", "/ocpi/2.2.1/cdrs", raw=dumped(value))
        assert answer.status_code == 1000
        found = house.call("GET", answer.headers["Location"].removeprefix("https://emsp.example.com"))
        assert dumped(value).decode() in found.body

    accepted()


def dumped_as_floats(value: Any) -> str:
    return json.dumps(json.loads(dumped(value)))
