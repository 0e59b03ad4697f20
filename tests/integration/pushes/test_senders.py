"""Pushes whose routing headers contradict what they bring."""

import json
from typing import Any

import pytest

from tests.integration.house import House
from tests.integration.pushes.test_keep_rejected import replay
from tests.integration.samples import cdr, path_of, session
from tests.integration.stored_commands import store_command

CDRS = "/ocpi/2.2.1/cdrs"


def routed(from_country: str | None, from_party: str | None, to_party: str | None = None) -> dict[str, str]:
    named = {
        "OCPI-from-country-code": from_country,
        "OCPI-from-party-id": from_party,
        "OCPI-to-country-code": "IN" if to_party else None,
        "OCPI-to-party-id": to_party,
    }
    return {name: value for name, value in named.items() if value is not None}


# The object is IN*CPO's, the Hub is IN*CIH, we are IN*EMS.
CONTRADICTING = [
    routed("IN", "EVL"),
    routed("DE", "CPO"),
    routed("DE", None),
    routed(None, "EVL"),
    routed("in", "evl"),
    routed("IN", "EVL", "EMS"),
    routed("IN", "X" * 50),
]
AGREEING = [
    {},
    routed("IN", "CPO"),
    routed("in", " cpo "),
    routed("", ""),
    routed("IN", None),
    routed(None, "CPO"),
    routed("IN", "CIH"),
    routed("in", "cih"),
]
NOTED = [
    (routed("IN", "EMS"), "OCPI-from-party-id"),
    (routed("IN", "CPO", "OTH"), "OCPI-to-party-id"),
    (routed(None, None, "OTH"), "OCPI-to-party-id"),
]


def push(house: House, module: str, headers: dict[str, str], **changes: Any) -> int:
    if module == "sessions":
        value = session("S-1", **changes)
        return house.call("PUT", path_of(value), value, headers=headers).status_code
    return house.call("POST", CDRS, cdr("C-1", **changes), headers=headers).status_code


@pytest.mark.parametrize("headers", CONTRADICTING, ids=str)
@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_another_cpos_object_is_refused_and_kept_whole(
    house: House, module: str, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert push(house, module, headers) == 2001
    assert house.items(module) == []
    [kept] = house.rejected()
    assert "OCPI-from-party-id" in kept["reason"]
    assert json.loads(kept["body"]) == (session("S-1") if module == "sessions" else cdr("C-1"))
    assert '"RejectedPushes":[1.0]' in capsys.readouterr().out
    assert replay(house, {"all": True})["rejected"] == 1, "a replay goes by the same headers"


@pytest.mark.parametrize("headers", AGREEING, ids=str)
@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_the_owner_the_hub_itself_or_nobody_may_stand_in_them(
    house: House, module: str, headers: dict[str, str]
) -> None:
    assert push(house, module, headers) == 1000
    [item] = house.items(module)
    assert "OCPI" not in item.get("deviations", {"S": ""})["S"]


@pytest.mark.parametrize(("headers", "named"), NOTED, ids=str)
@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_what_harms_nobody_is_noted(house: House, module: str, headers: dict[str, str], named: str) -> None:
    assert push(house, module, headers) == 1000
    [item] = house.items(module)
    assert named in item["deviations"]["S"]


def test_one_cpo_overwrites_no_session_of_another(house: House) -> None:
    stranger = routed("IN", "EVL")
    assert push(house, "sessions", {}, kwh=5) == 1000
    before = house.items("sessions")
    later = "2027-01-01T00:00:00Z"
    assert push(house, "sessions", stranger, kwh=500, last_updated=later) == 2001
    patch = {"kwh": 500, "last_updated": later}
    path = path_of(session("S-1"))
    assert house.call("PATCH", path, patch, headers=stranger).status_code == 2001
    old = {"kwh": 500, "last_updated": "2001-01-01T00:00:00Z"}
    assert house.call("PATCH", path, old, headers=stranger).status_code == 2001, (
        "also where it says nothing new"
    )
    assert house.items("sessions") == before
    assert len(house.rejected()) == 3


def test_one_cpo_takes_no_id_of_anothers_cdr(house: House) -> None:
    assert push(house, "cdrs", routed("IN", "EVL"), total_energy=500) == 2001
    assert push(house, "cdrs", routed("IN", "CPO")) == 1000
    assert push(house, "cdrs", routed("IN", "EVL")) == 2001
    assert house.stored_object("cdrs", "IN#CPO#C-1")["total_energy"] == 12.5


def result(house: House, command: str, headers: dict[str, str] | None = None) -> tuple[int, int]:
    answer = house.call(
        "POST", f"/ocpi/2.2.1/commands/{command}/c-1", {"result": "ACCEPTED"}, headers=headers or {}
    )
    return answer.http_status, answer.status_code


def state(house: House) -> str:
    item = house.item("commands", "c-1")
    assert item is not None
    return str(item["state"]["S"])


@pytest.mark.parametrize("command", ["STOP_SESSION", "UNLOCK_CONNECTOR", "CANCEL_RESERVATION", "none"])
def test_a_result_under_another_commands_path_decides_nothing(house: House, command: str) -> None:
    store_command("c-1")
    before = state(house)
    assert result(house, command) == (404, 2003)
    assert state(house) == before
    [kept] = house.rejected()
    assert kept["path"].endswith(f"/{command}/c-1")
    assert result(house, "start_session") == (200, 1000)
    assert state(house) == "ACCEPTED"


@pytest.mark.parametrize(
    ("headers", "decides"),
    [*((each, False) for each in CONTRADICTING), *((each, True) for each in AGREEING)],
    ids=str,
)
def test_a_result_decides_only_a_command_to_its_sender(
    house: House, headers: dict[str, str], decides: bool
) -> None:
    store_command("c-1", to="IN*CPO")
    before = state(house)
    assert result(house, "START_SESSION", headers) == (200, 1000 if decides else 2001)
    assert (state(house) != before) is decides
    assert len(house.rejected()) == (0 if decides else 1)


def test_a_result_of_a_command_that_the_hub_routed_by_content_may_come_from_anybody(house: House) -> None:
    store_command("c-1", to="")
    assert result(house, "START_SESSION", routed("IN", "EVL")) == (200, 1000)
