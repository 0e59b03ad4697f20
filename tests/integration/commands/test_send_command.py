"""send_command, get_command and expire_command against the simulated Hub: the record first, and an end for
each.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.commands.advance import advance_command
from emsp.commands.complete_request import NoSessionYet
from emsp.commands.expire_command import ExpireCommand
from emsp.commands.get_command import get_command
from emsp.commands.idempotency_key import IdempotencyKeyReused
from emsp.commands.states import Resulted
from emsp.deadline import Deadline
from emsp.hub.errors import HubError, NotRouted, RateLimited, Refused, Unavailable
from emsp.hub.request import HubRequest
from emsp.invocation import InvalidInvocation
from emsp.ocpi.json_text import JsonObject
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.table import StoreUnavailable
from tests.integration.commands.commands_as_sent import in_an_hour, reserve, start, token
from tests.integration.emsp_side import Emsp


@pytest.fixture
def location(emsp: Emsp) -> dict[str, Any]:
    emsp.registered()
    [first, *_] = emsp.hub.admin.objects("locations")
    return first


def behave(emsp: Emsp, **how: Any) -> None:
    emsp.hub.admin.add_command_behaviour(**{"callback": False, **how})


def record(emsp: Emsp, command_id: object) -> JsonObject:
    return get_command(emsp.commands, {"command_id": str(command_id)})


def result(emsp: Emsp, command_id: object, word: str) -> bool:
    return advance_command(emsp.commands, str(command_id), Resulted(word), datetime.now(UTC)).changed


def test_an_accepted_command_is_sent_and_awaits_its_result(emsp: Emsp, location: dict[str, Any]) -> None:
    behave(emsp, timeout=45)
    told = emsp.send_command(**start(location, correlation_id="tap-2"))
    assert (told["state"], told["result"], told["timeout"]) == ("SENT", "ACCEPTED", 45)
    kept = record(emsp, told["command_id"])
    assert kept["state"] == "SENT"
    assert kept["response"] == {"result": "ACCEPTED", "timeout": 45}
    assert kept["to"] == {"country_code": "IN", "party_id": location["party_id"]}
    [request] = emsp.hub.admin.requests(module="commands")
    assert request["headers"]["x-correlation-id"] == "tap-2"
    assert request["headers"]["ocpi-to-party-id"] == location["party_id"]
    [seen] = emsp.hub.admin.commands()
    assert seen["body"]["response_url"] == (
        f"https://emsp.example.com/ocpi/2.2.1/commands/START_SESSION/{told['command_id']}"
    )
    assert seen["body"] == kept["request"]


@pytest.mark.parametrize("response", ["REJECTED", "NOT_SUPPORTED", "UNKNOWN_SESSION"])
def test_a_command_that_the_cpo_declines_is_decided(
    emsp: Emsp, location: dict[str, Any], response: str
) -> None:
    behave(emsp, response=response)
    told = emsp.send_command(**start(location))
    assert (told["state"], told["result"]) == (response, response)
    assert record(emsp, told["command_id"])["decided"] is True


def test_the_record_is_there_before_the_hub_is_called(emsp: Emsp, location: dict[str, Any]) -> None:
    """A result that overtakes the answer decides, and the late answer is only noted."""
    behave(emsp, early=True, callback=True, callback_body="{}")
    use_case = emsp.send_command_use_case()
    call = use_case.hub.call

    def result_first(request: HubRequest) -> Any:
        assert request.body is not None
        command_id = str(request.body["response_url"]).rsplit("/", 1)[1]
        assert result(emsp, command_id, "ACCEPTED")
        return call(request)

    use_case.hub.call = result_first  # type: ignore[method-assign]
    emsp.hub.admin.clear_command_behaviours()
    behave(emsp)
    told = use_case(start(location), Deadline.after(20))
    assert told["state"] == "ACCEPTED"
    assert record(emsp, told["command_id"])["response"] == {"result": "ACCEPTED", "timeout": 30}


def test_what_the_hub_refuses_is_not_sent_and_can_be_tried_again(
    emsp: Emsp, location: dict[str, Any]
) -> None:
    emsp.hub.admin.add_fault("rate_limited", module="commands", retry_after="seconds", delay_s=7)
    with pytest.raises(RateLimited) as raised:
        emsp.send_command(**start(location))
    assert raised.value.retry_after_s == 7
    with pytest.raises(RateLimited, match="the Hub has reported its limit for commands: wait"):
        emsp.send_command(**start(location))
    states = {item["state"] for item in all_commands(emsp)}
    assert states == {"NOT_SENT"}
    assert len(emsp.hub.admin.requests(module="commands")) == 1


@pytest.mark.parametrize(
    "fault", ["drop", "html", "empty", "cut_json", "truncated", "not_enveloped", "wrong_type"]
)
def test_a_command_whose_fate_is_unknown_stays_pending_and_is_never_sent_twice(
    emsp: Emsp, location: dict[str, Any], fault: str
) -> None:
    behave(emsp)
    emsp.hub.admin.add_fault(fault, module="commands", processed=True)
    told = emsp.send_command(**start(location))
    assert (told["state"], told["result"]) == ("PENDING", None)
    assert told["error"]
    assert len(emsp.hub.admin.requests(module="commands")) == 1
    assert result(emsp, told["command_id"], "ACCEPTED")
    assert record(emsp, told["command_id"])["state"] == "ACCEPTED"


def test_no_route_and_party_mismatch(emsp: Emsp, location: dict[str, Any]) -> None:
    with pytest.raises(NotRouted):
        emsp.send_command(**start(location, to={"country_code": "IN", "party_id": "NOP"}))
    emsp.hub.admin.add_fault("status", module="commands", http_status=403, status_code=2000)
    with pytest.raises(Refused):
        emsp.send_command(**start(location))
    emsp.hub.admin.set_party("IN", location["party_id"], "OFFLINE")
    with pytest.raises(Unavailable):
        emsp.send_command(**start(location))
    assert {item["state"] for item in all_commands(emsp)} == {"NOT_SENT"}


def test_a_hub_that_is_not_there_certainly_got_nothing(emsp: Emsp, location: dict[str, Any]) -> None:
    payload = start(location)
    use_case = emsp.send_command_use_case()
    emsp.hub.stop()
    with pytest.raises(Unavailable, match="no connection"):
        use_case(payload, Deadline.after(20))
    assert [item["state"] for item in all_commands(emsp)] == ["NOT_SENT"]


def test_a_double_tap_is_one_command(emsp: Emsp, location: dict[str, Any]) -> None:
    behave(emsp)
    payload = start(location, idempotency_key="tap-3")
    first, second = emsp.send_command(**payload), emsp.send_command(**payload)
    assert first["command_id"] == second["command_id"]
    assert second["state"] == "SENT"
    assert len(emsp.hub.admin.commands()) == 1
    with pytest.raises(IdempotencyKeyReused, match="new key"):
        emsp.send_command(**start(location, idempotency_key="tap-3", authorization_reference="other"))


def test_what_was_not_sent_can_be_sent_again_under_its_key(emsp: Emsp, location: dict[str, Any]) -> None:
    behave(emsp)
    payload = start(location, idempotency_key="tap-4")
    emsp.hub.admin.add_fault("status", module="commands", http_status=200, status_code=2001)
    with pytest.raises(Refused):
        emsp.send_command(**payload)
    told = emsp.send_command(**payload)
    assert told["state"] == "SENT"
    assert emsp.send_command(**payload)["command_id"] == told["command_id"]


def test_a_workflow_that_tries_again_waits_under_its_new_task_token(
    emsp: Emsp, location: dict[str, Any]
) -> None:
    behave(emsp)
    first = emsp.send_command(**start(location, idempotency_key="run-1", task_token="one"))
    emsp.send_command(**start(location, idempotency_key="run-1", task_token="two"))
    assert emsp.commands.get(str(first["command_id"])).task_token == "two"


def test_a_result_that_never_comes_ends_in_a_timeout_and_a_late_one_is_kept(
    emsp: Emsp, location: dict[str, Any]
) -> None:
    behave(emsp, timeout=1)
    command_id = str(emsp.send_command(**start(location))["command_id"])
    ExpireCommand(emsp.commands, emsp.expiry)(command_id)
    assert record(emsp, command_id)["state"] == "SENT", "it is not time yet"
    later = datetime.now(UTC) + timedelta(seconds=12)
    expire = ExpireCommand(emsp.commands, emsp.expiry, now=lambda: later)
    expire(command_id)
    expire(command_id)
    assert record(emsp, command_id)["state"] == "TIMEOUT"
    assert result(emsp, command_id, "ACCEPTED")
    assert record(emsp, command_id)["state"] == "LATE_ACCEPTED"


def test_a_queue_that_fails_after_the_answer_costs_nothing_but_time(
    emsp: Emsp, location: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    behave(emsp, timeout=1)
    woken: list[float] = []

    def wake_after(self: ExpiryQueue, command_id: str, delay_s: float) -> None:
        woken.append(delay_s)
        if len(woken) > 1:
            raise StoreUnavailable("the queue is gone")

    monkeypatch.setattr(ExpiryQueue, "wake_after", wake_after)
    assert emsp.send_command(**start(location))["state"] == "SENT"
    assert len(woken) == 2
    assert woken[1] < woken[0]


def test_nothing_is_sent_while_its_end_is_not_certain(
    emsp: Emsp, location: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wake_after(self: ExpiryQueue, command_id: str, delay_s: float) -> None:
        raise StoreUnavailable("the queue is gone")

    monkeypatch.setattr(ExpiryQueue, "wake_after", wake_after)
    with pytest.raises(StoreUnavailable):
        emsp.send_command(**start(location))
    assert emsp.hub.admin.commands() == []
    assert all_commands(emsp) == []


def test_expiry_of_a_command_that_was_never_stored(emsp: Emsp) -> None:
    ExpireCommand(emsp.commands, emsp.expiry)("no-such-command")


def test_all_five_commands_reach_the_hub(emsp: Emsp, location: dict[str, Any]) -> None:
    to = {"country_code": "IN", "party_id": location["party_id"]}
    evse = location["evses"][0]
    payloads: list[dict[str, Any]] = [
        start(location, connector_id=evse["connectors"][0]["id"], authorization_reference="AUTH-1"),
        {"command": "STOP_SESSION", "session_id": "S-1", "to": to},
        reserve(location, to=to, evse_uid=evse["uid"]),
        {"command": "CANCEL_RESERVATION", "reservation_id": "R-1"},
        {
            "command": "UNLOCK_CONNECTOR",
            "location_id": location["id"],
            "evse_uid": evse["uid"],
            "connector_id": evse["connectors"][0]["id"],
            "to": to,
        },
    ]
    for payload in payloads:
        behave(emsp, response="ACCEPTED")
        assert emsp.send_command(**payload)["state"] == "SENT"
    seen = emsp.hub.admin.commands()
    assert [each["command"] for each in seen] == [payload["command"] for payload in payloads]
    assert seen[3]["party"] == ["IN", location["party_id"]], "looked up by our own RESERVE_NOW"


def test_a_reservation_is_cancelled_by_the_command_that_made_it(emsp: Emsp, location: dict[str, Any]) -> None:
    behave(emsp)
    made = emsp.send_command(**reserve(location, to={"country_code": "IN", "party_id": location["party_id"]}))
    behave(emsp)
    emsp.send_command(command="CANCEL_RESERVATION", command_id=made["command_id"])
    assert emsp.hub.admin.commands()[-1]["body"]["reservation_id"] == "R-1"


def test_stop_by_command_needs_its_session(emsp: Emsp, location: dict[str, Any]) -> None:
    behave(emsp)
    started = emsp.send_command(**start(location))
    with pytest.raises(NoSessionYet, match="session_id"):
        emsp.send_command(command="STOP_SESSION", command_id=started["command_id"])
    key = f"IN#{location['party_id']}#S-9"
    emsp.commands.link_session(
        str(started["command_id"]), {"session_id": "s-9", "session_key": key, "linked_by": "token_and_place"}
    )
    behave(emsp, response="ACCEPTED")
    emsp.send_command(command="STOP_SESSION", command_id=started["command_id"])
    assert emsp.hub.admin.commands()[-1]["body"]["session_id"] == "s-9"
    assert (
        emsp.hub.admin.requests(module="commands")[-1]["headers"]["ocpi-to-party-id"] == location["party_id"]
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"command": "EXPLODE"}, "command"),
        ({"token": None}, "token"),
        ({"token": token(uid="")}, "token.uid"),
        ({"token": token(whitelist="MAYBE")}, "token.whitelist"),
        ({"token": token(last_updated="yesterday")}, "token.last_updated"),
        ({"token": token(party_id="ABC")}, r"IN\*ABC"),
        ({"location_id": "x" * 301}, "location_id"),
        ({"location_id": None}, "location_id"),
        ({"evse_uid": None, "connector_id": "1"}, "evse_uid"),
        ({"evse_uuid": "1"}, "evse_uuid"),
        ({"response_url": "https://elsewhere.example.com"}, "response_url"),
        ({"command_id": "1"}, "command_id"),
        ({"task_token": ""}, "task_token"),
    ],
)
def test_nothing_is_stored_or_sent_of_an_invalid_command(
    emsp: Emsp, location: dict[str, Any], changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInvocation, match=named):
        emsp.send_command(**start(location, **changes))
    assert emsp.hub.admin.commands() == []
    assert all_commands(emsp) == []


def test_a_reservation_must_end_in_the_future(emsp: Emsp, location: dict[str, Any]) -> None:
    with pytest.raises(InvalidInvocation, match="expiry_date"):
        emsp.send_command(**reserve(location, expiry_date="2026-01-01T00:00:00Z"))
    assert in_an_hour() > "2026"


def all_commands(emsp: Emsp) -> list[JsonObject]:
    items = boto3.client("dynamodb").scan(TableName="commands")["Items"]
    return [record(emsp, item["command_id"]["S"]) for item in items]


def test_the_generic_refusal_may_tell_of_a_cpo_that_got_it(emsp: Emsp, location: dict[str, Any]) -> None:
    """Such as a CPO that did not answer the Hub in time: a second POST could start a second session."""
    behave(emsp)
    payload = start(location, idempotency_key="tap-6")
    emsp.hub.admin.add_fault(
        "status",
        module="commands",
        http_status=200,
        status_code=2000,
        status_message="CPO did not answer in time",
        processed=True,
    )
    first, second = emsp.send_command(**payload), emsp.send_command(**payload)
    assert (first["state"], first["result"]) == ("PENDING", None)
    assert "did not answer in time" in str(first["error"])
    assert second["command_id"] == first["command_id"]
    assert len(emsp.hub.admin.requests(module="commands")) == 1
    assert result(emsp, first["command_id"], "ACCEPTED")
    assert emsp.send_command(**payload)["state"] == "ACCEPTED"


@pytest.mark.parametrize(
    ("http_status", "status_code", "status_message"),
    [
        (200, 2001, "invalid"),
        (200, 2002, "not enough information"),
        (200, 2003, "unknown location"),
        (200, 2004, "unknown token"),
        (200, 2004, "rate limit"),
        (429, 2000, ""),
        (401, 2000, ""),
        (403, 2000, ""),
        (404, 2000, ""),
        (405, 2000, ""),
        (200, 2000, "NOT_ROUTED"),
        (200, 4003, "not connected"),
    ],
)
def test_what_was_certainly_not_passed_on(
    emsp: Emsp, location: dict[str, Any], http_status: int, status_code: int, status_message: str
) -> None:
    emsp.hub.admin.add_fault(
        "status",
        module="commands",
        http_status=http_status,
        status_code=status_code,
        status_message=status_message,
    )
    with pytest.raises(HubError):
        emsp.send_command(**start(location))
    assert [item["state"] for item in all_commands(emsp)] == ["NOT_SENT"]


def test_no_error_text_nor_record_quotes_the_uid_that_the_hub_wrote(
    emsp: Emsp, location: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda logs the text of an error that nobody handles."""
    emsp.hub.admin.add_fault(
        "status", module="commands", http_status=200, status_code=2001, status_message="DRIVER-0001 is odd"
    )
    with pytest.raises(Refused, match=r"…0001 is odd.*X-Request-ID") as raised:
        emsp.send_command(**start(location, token=token(uid="DRIVER-0001")))
    assert "DRIVER-0001" not in f"{raised.value}{raised.value!r}"
    assert "DRIVER-0001" not in capsys.readouterr().out
    [kept] = all_commands(emsp)
    assert "…0001 is odd" in str(kept["error"])


def test_a_result_that_came_before_the_hubs_refusal_counts(emsp: Emsp, location: dict[str, Any]) -> None:
    use_case = emsp.send_command_use_case()
    call = use_case.hub.call

    def result_first(request: HubRequest) -> Any:
        assert request.body is not None
        advance_command(
            emsp.commands,
            str(request.body["response_url"]).rsplit("/", 1)[1],
            Resulted("ACCEPTED"),
            datetime.now(UTC),
            changes={"result": '{"result": "ACCEPTED"}'},
        )
        return call(request)

    use_case.hub.call = result_first  # type: ignore[method-assign]
    emsp.hub.admin.add_fault("status", module="commands", http_status=200, status_code=2001)
    told = use_case(start(location), Deadline.after(20))
    assert told["state"] == "ACCEPTED"
    assert "Refused" in str(told["error"])


def test_an_answer_in_lower_case_is_understood(emsp: Emsp, location: dict[str, Any]) -> None:
    emsp.hub.admin.add_fault(
        "body",
        module="commands",
        body='{"data": {"result": "accepted", "timeout": 1}, "status_code": 1000}',
    )
    told = emsp.send_command(**start(location))
    assert (told["state"], told["result"]) == ("SENT", "accepted")
