"""START_SESSION with `check`: an EVSE that the Hub calls taken or broken now is refused before anything is
sent.
"""

from typing import Any

import pytest

from emsp.commands.check_evse import STARTS_NOTHING
from emsp.commands.evse_not_available import EvseNotAvailable
from emsp.commands.get_command import get_command
from emsp.invocation import InvalidInvocation
from emsp.ocpi.locations import Status
from tests.integration.commands.commands_as_sent import start, token
from tests.integration.emsp_side import Emsp


def now_all(emsp: Emsp, location: dict[str, Any], status: str, *, count: int | None = None) -> None:
    """The Hub hears that the first `count` EVSEs (all, unless told) are in this state."""
    for evse in location["evses"][:count]:
        evse["status"] = status
    key = (location["country_code"], location["party_id"], location["id"])
    emsp.hub.admin.put_object("locations", *key, body=location)


def states(emsp: Emsp) -> list[str]:
    import boto3

    items = boto3.client("dynamodb").scan(TableName="commands")["Items"]
    return [item["state"]["S"] for item in items]


@pytest.mark.parametrize("status", Status)
def test_the_hubs_word_of_now_decides(emsp: Emsp, location: dict[str, Any], status: Status) -> None:
    now_all(emsp, location, status.value)
    payload = start(location, check=True)
    if status in STARTS_NOTHING:
        with pytest.raises(EvseNotAvailable, match=f"is {status} now"):
            emsp.send_command(**payload)
        assert emsp.hub.admin.commands() == []
        assert states(emsp) == ["NOT_SENT"]
    else:
        told = emsp.send_command(**payload)
        assert (told["state"], told["check"]) == ("SENT", status.value)
        assert get_command(emsp.commands, {"command_id": str(told["command_id"])})["check"] == status.value


def test_without_check_nothing_is_asked(emsp: Emsp, location: dict[str, Any]) -> None:
    now_all(emsp, location, "CHARGING")
    assert emsp.send_command(**start(location))["state"] == "SENT"
    assert emsp.hub.admin.requests(module="locations") == []


def test_where_no_evse_is_named_one_that_is_free_will_do(emsp: Emsp, location: dict[str, Any]) -> None:
    now_all(emsp, location, "AVAILABLE")
    now_all(emsp, location, "CHARGING", count=len(location["evses"]) - 1)
    payload = start(location, check=True, evse_uid=None)
    assert emsp.send_command(**payload)["check"] == "AVAILABLE"
    now_all(emsp, location, "OUTOFORDER")
    with pytest.raises(EvseNotAvailable, match=f"location {location['id']} is OUTOFORDER"):
        emsp.send_command(**payload)


@pytest.mark.parametrize("changes", [{"evse_uid": "NO-SUCH"}, {"location_id": "NO-SUCH"}])
def test_what_the_hub_does_not_know(emsp: Emsp, location: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(EvseNotAvailable, match="NO-SUCH"):
        emsp.send_command(**start(location, check=True, **changes))
    assert emsp.hub.admin.commands() == []


def test_the_second_tap_is_the_first_ones_command_though_its_session_has_begun(
    emsp: Emsp, location: dict[str, Any]
) -> None:
    now_all(emsp, location, "AVAILABLE")
    payload = start(location, check=True, idempotency_key="tap-11")
    first = emsp.send_command(**payload)
    now_all(emsp, location, "CHARGING")
    assert emsp.send_command(**payload)["command_id"] == first["command_id"]


def test_an_evse_that_became_free_can_be_tried_again_under_the_same_key(
    emsp: Emsp, location: dict[str, Any]
) -> None:
    now_all(emsp, location, "CHARGING")
    payload = start(location, check=True, idempotency_key="tap-12")
    with pytest.raises(EvseNotAvailable):
        emsp.send_command(**payload)
    now_all(emsp, location, "AVAILABLE")
    assert emsp.send_command(**payload)["state"] == "SENT"


def test_a_hub_that_can_not_be_asked_keeps_no_driver_waiting(emsp: Emsp, location: dict[str, Any]) -> None:
    emsp.hub.admin.add_fault("rate_limited", module="locations", retry_after="seconds", delay_s=30)
    told = emsp.send_command(**start(location, check=True))
    assert told["state"] == "SENT"
    assert str(told["check"]).startswith("not checked: RateLimited")


def test_check_needs_to_know_the_cpo(emsp: Emsp, location: dict[str, Any]) -> None:
    told = emsp.send_command(**start(location, check=True, to=None))
    assert str(told["check"]).startswith("not checked: the CPO")


@pytest.mark.parametrize(
    "payload",
    [
        {"command": "START_SESSION", "token": token(), "location_id": "L", "check": "yes"},
        {"command": "STOP_SESSION", "session_id": "S", "check": True},
    ],
)
def test_where_check_can_not_be(emsp: Emsp, location: dict[str, Any], payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidInvocation, match="check"):
        emsp.send_command(**payload)
