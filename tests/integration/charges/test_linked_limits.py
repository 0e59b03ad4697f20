"""A limit is held, and STOP_SESSION by command_id works, by whatever evidence a session is linked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emsp.charges.enforce_limits import LimitResult
from emsp.deadline import Deadline
from emsp.hub.request import HubRequest
from emsp.ocpi.json_text import JsonObject
from tests.integration.charges.test_enforce_limits import MINUTE, Limited
from tests.integration.house import House
from tests.integration.samples import cdr_token
from tests.integration.stored_commands import stored_command
from tests.integration.streams import Streams

APP = '{"token": {"uid": "TOKEN", "type": "APP_USER"}}'


@pytest.fixture(scope="module")
def limited(built_house: House) -> Iterator[Limited]:
    with pytest.MonkeyPatch.context() as patch:
        queue = str(boto3.client("sqs").create_queue(QueueName="expire")["QueueUrl"])
        patch.setenv("EXPIRE_COMMAND_QUEUE_URL", queue)
        yield Limited(built_house, Streams(), queue)


def stopped(limited: Limited) -> list[Any]:
    return [each["session_id"] for each in limited.hub.passed_on]


def over_the_limit(limited: Limited, **changes: Any) -> None:
    limited.now += MINUTE
    limited.push(status="ACTIVE", kwh=25, **changes)
    limited.flow()
    for _ in range(3):
        limited.run()
        limited.now += MINUTE
    limited.run()


def stop(limited: Limited, command_id: str) -> JsonObject:
    return limited.use_case().send()({"command": "STOP_SESSION", "command_id": command_id}, Deadline.after(9))


EVIDENCE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"authorization_reference": ""}, {"authorization_reference": None, "auth_method": "AUTH_REQUEST"}),
    ({"authorization_reference": ""}, {"authorization_reference": None, "auth_method": "WHITELIST"}),
    ({}, {"cdr_token": cdr_token("TAG-77")}),
    ({}, {"cdr_token": None}),
    ({}, {"location_id": "ELSEWHERE", "evse_uid": "E9"}),
    ({"authorization_reference": "", "evse_uid": "EVSE1"}, {"evse_uid": "IN*CPO*E1"}),
    ({"authorization_reference": "", "evse_uid": "in*cpo*e1"}, {"evse_uid": "INCPOE1"}),
    ({"authorization_reference": ""}, {"authorization_reference": "CPO-9", "auth_method": "AUTH_REQUEST"}),
    ({"authorization_reference": "AUTH-1"}, {"authorization_reference": "CPO-9"}),
    ({"authorization_reference": ""}, {"start_date_time": "2026-11-22T15:30:00Z"}),
    ({"authorization_reference": ""}, {"start_date_time": "1970-01-01T00:00:00Z"}),
]


@pytest.mark.parametrize(("asked", "pushed"), EVIDENCE, ids=[str(each[1]) for each in EVIDENCE])
def test_a_limit_is_held_and_the_session_can_be_stopped(
    limited: Limited, asked: dict[str, Any], pushed: dict[str, Any]
) -> None:
    limited.begin(body=APP, **asked)
    if "authorization_reference" in asked:
        pushed = {"authorization_reference": None, **pushed}
    limited.push(status="ACTIVE", kwh=1, **pushed)
    limited.flow()
    session = f"S-{limited.number}"
    assert limited.record.session_id == session
    over_the_limit(limited, **pushed)
    assert stopped(limited) == [session], "once"
    assert limited.told["Limit Reached"] == 1
    assert stop(limited, limited.record.command_id)["state"] == "SENT"
    assert stopped(limited) == [session, session]


def test_a_reservation_that_became_a_session_is_stopped_by_its_command(limited: Limited) -> None:
    limited.begin(command="RESERVE_NOW", limit="", reservation_id="R-1")
    limited.push(status="ACTIVE")
    limited.flow()
    assert limited.record.linked_by == "reservation"
    assert stop(limited, limited.record.command_id)["state"] == "SENT"
    assert stopped(limited) == [f"S-{limited.number}"]


@pytest.mark.parametrize("second", [{"limit": '{"energy_kwh":20}'}, {}, {"state": "EVSE_OCCUPIED"}])
def test_after_a_second_tap_the_limit_holds_and_either_command_stops(
    limited: Limited, second: dict[str, Any]
) -> None:
    limited.begin(body=APP, authorization_reference="")
    first = limited.record
    tapped = stored_command(
        f"{first.command_id}-again",
        first.created_at + timedelta(seconds=5),
        **{"state": "ACCEPTED", "token_key": first.token_key, "location_id": "LOC1", **second},
    )
    limited.commands.create(tapped)
    limited.push(status="ACTIVE", authorization_reference=None)
    limited.flow()
    over_the_limit(limited, authorization_reference=None)
    session = f"S-{limited.number}"
    assert stopped(limited) == [session]
    for command_id in (first.command_id, tapped.command_id):
        assert stop(limited, command_id)["state"] == "SENT"
    assert stopped(limited) == [session] * 3


@pytest.mark.parametrize("reference", [None, "AUTH"])
@pytest.mark.parametrize("first_ends", [True, False])
@pytest.mark.parametrize("minutes", [1, 35])
def test_a_second_session_of_one_token_at_the_same_evse_has_the_same_limit(
    limited: Limited, reference: str | None, *, first_ends: bool, minutes: int
) -> None:
    """Where the first has ended long ago, the next one there is another charge."""
    limited.begin(body=APP, authorization_reference=reference or "")
    limited.push(status="ACTIVE", authorization_reference=reference)
    limited.flow()
    first = limited.record
    limited.now += minutes * MINUTE
    if first_ends:
        limited.push(status="COMPLETED", authorization_reference=reference)
    again: dict[str, Any] = {
        "id": "S-AGAIN",
        "start_date_time": limited.now.isoformat(),
        "authorization_reference": reference,
    }
    limited.push(status="ACTIVE", **again)
    limited.flow()
    over_the_limit(limited, **again)
    linked = reference or minutes == 1 or not first_ends
    assert ("S-AGAIN" in stopped(limited)) is bool(linked)
    assert stopped(limited).count("S-AGAIN") <= 1
    if linked:
        reached = [each for each in limited.events if each["object"]["session_id"] == "S-AGAIN"]
        assert [each["command_id"] for each in reached] == [first.command_id]
        asked = len(stopped(limited))
        assert stop(limited, first.command_id)["state"] == "SENT"
        assert stopped(limited)[asked:] == ["S-AGAIN"], "the newest is meant"
    assert limited.record.session_id == first.session_id


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED"])
def test_a_stop_is_noted_though_its_session_is_pushed_in_that_very_moment(
    limited: Limited, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.begin()
    limited.push(status="ACTIVE", kwh=25)
    limited.flow()
    answer = limited.hub.call

    def and_push(request: HubRequest) -> Any:
        answered = answer(request)
        limited.now += timedelta(seconds=1)
        limited.push(status=status, kwh=26)
        limited.flow()
        return answered

    limited.hub.call = and_push  # type: ignore[method-assign]
    done = limited.run()
    limited.hub.call = answer  # type: ignore[method-assign]
    for _ in range(3):
        limited.now += MINUTE
        done += limited.run()
    assert len(limited.hub.passed_on) == 1
    assert done[LimitResult.STOPPED] == 1
    stop_id = limited.record.stop_command_id
    assert limited.commands.get(stop_id).command == "STOP_SESSION"
    assert capsys.readouterr().out.count('"outcome":"stopped"') == 1
