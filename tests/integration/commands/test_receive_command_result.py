"""Command results: exactly one decides; early, late, repeated and unknown ones are kept."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.hub_answers import CommandResultType
from tests.integration.house import Answer, House
from tests.integration.stored_commands import store_command


def post(house: House, value: Any, command_id: str = "id-1", command: str = "START_SESSION") -> Answer:
    return house.call("POST", f"/ocpi/2.2.1/commands/{command}/{command_id}", value)


def stored(house: House, command_id: str = "id-1") -> dict[str, Any]:
    item = house.item("commands", command_id)
    assert item is not None
    return item


@pytest.mark.parametrize("state", ["PENDING", "SENT"])
@pytest.mark.parametrize("result", [*CommandResultType])
def test_every_result_decides_an_open_command(house: House, state: str, result: str) -> None:
    store_command("id-1", state=state)
    value = {"result": result, "message": [{"language": "en", "text": "Done"}], "x_extra": 1.10}
    assert post(house, value).status_code == 1000
    assert stored(house)["state"]["S"] == result
    assert json.loads(stored(house)["result"]["S"]) == value


def test_a_repeated_or_contrary_result_changes_nothing_and_is_recorded(house: House) -> None:
    store_command("id-1", state="SENT")
    for result in ("ACCEPTED", "ACCEPTED", "REJECTED"):
        assert post(house, {"result": result}).status_code == 1000
    assert stored(house)["state"]["S"] == "ACCEPTED"
    assert json.loads(stored(house)["result"]["S"]) == {"result": "ACCEPTED"}
    extra = [json.loads(each["S"])["result"]["result"] for each in stored(house)["extra_results"]["L"]]
    assert extra == ["ACCEPTED", "REJECTED"]


def test_a_result_after_the_timeout_is_late(house: House) -> None:
    store_command("id-1", state="TIMEOUT")
    assert post(house, {"result": "ACCEPTED"}).status_code == 1000
    assert stored(house)["state"]["S"] == "LATE_ACCEPTED"


def test_an_unknown_result_fails_the_command_and_is_kept(house: House) -> None:
    store_command("id-1", state="SENT")
    assert post(house, {"result": "MAYBE"}).status_code == 1000
    assert stored(house)["state"]["S"] == "FAILED"
    assert json.loads(stored(house)["result"]["S"]) == {"result": "MAYBE"}


@pytest.mark.parametrize("command_id", ["never-sent", "x" * 3000, "%20"])
def test_an_unknown_id_is_404_and_kept(house: House, command_id: str) -> None:
    answer = post(house, {"result": "ACCEPTED"}, command_id)
    assert (answer.http_status, answer.status_code) == (404, 2003)
    assert [kept["error"] for kept in house.rejected()] == ["UnknownObject"]


@pytest.mark.parametrize("value", [{}, {"result": None}, {"result": 1}, {"result": ""}, [], "ACCEPTED"])
def test_a_result_that_says_nothing_is_refused_and_kept(house: House, value: Any) -> None:
    store_command("id-1", state="SENT")
    answer = post(house, value)
    assert (answer.http_status, answer.status_code) == (200, 2001)
    assert stored(house)["state"]["S"] == "SENT"
    assert len(house.rejected()) == 1


def test_of_many_results_at_once_exactly_one_decides(house: House) -> None:
    store_command("id-1", state="SENT")
    results = ["ACCEPTED", "REJECTED", "FAILED", "EVSE_OCCUPIED"] * 3
    with ThreadPoolExecutor(8) as senders:
        codes = list(senders.map(lambda result: post(house, {"result": result}).status_code, results))
    assert codes == [1000] * len(results)
    item = stored(house)
    assert json.loads(item["result"]["S"])["result"] == item["state"]["S"]
    assert int(item["extra_result_count"]["N"]) == len(results) - 1


def test_a_result_too_long_for_a_command_is_refused_and_kept(house: House) -> None:
    store_command("id-1", state="SENT")
    value = {"result": "ACCEPTED", "message": [{"language": "en", "text": "x" * 10_000}]}
    assert post(house, value).status_code == 2001
    assert len(house.rejected()) == 1


ACCEPTED = {"result": "ACCEPTED", "message": [{"language": "en", "text": "Done"}]}


@pytest.mark.parametrize(
    "wrapped",
    [
        {"data": ACCEPTED},
        {"data": ACCEPTED, "status_code": 1000, "timestamp": "2026-11-22T10:00:00Z"},
        {"result": None, "data": ACCEPTED},
    ],
)
def test_a_result_in_an_envelope_is_the_result(house: House, wrapped: dict[str, Any]) -> None:
    store_command("id-1", state="SENT")
    assert post(house, wrapped).status_code == 1000
    assert stored(house)["state"]["S"] == "ACCEPTED"
    assert json.loads(stored(house)["result"]["S"]) == ACCEPTED


@pytest.mark.parametrize("value", [{"data": "ACCEPTED"}, {"data": [ACCEPTED]}, {"data": {}}, {"data": None}])
def test_an_envelope_without_a_result_is_refused_and_kept(house: House, value: Any) -> None:
    store_command("id-1", state="SENT")
    assert post(house, value).status_code == 2001
    assert len(house.rejected()) == 1
