"""A fault at any single call to AWS: acknowledged means stored, anything else makes the Hub try again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from emsp.stores import table
from emsp.stores.time_left import begin_invocation
from emsp.timeouts import AWS_CALL
from tests.integration.faults import Fault, Killed, faults
from tests.integration.house import Answer, House
from tests.integration.house import house as furnished_house
from tests.integration.samples import cdr, path_of, period, session
from tests.integration.stored_commands import store_command
from tests.template.template import functions

Push = Callable[[House], Answer]

OF_THE_MOMENT = {
    "first_active_at",
    "received_at",
    "revision",
    "first_received_at",
    "last_received_at",
    "tries",
    "decided_at",
    "awaits_since",
    "push_awaited_since",
    "cdr_awaited_since",
    "link_moved",
}
"""What differs between two ways to the same state."""


def put(value: dict[str, Any]) -> Push:
    return lambda house: house.call("PUT", path_of(value), value)


def patch(value: dict[str, Any]) -> Push:
    return lambda house: house.call("PATCH", path_of(session()), value)


def post(value: dict[str, Any]) -> Push:
    return lambda house: house.call("POST", "/ocpi/2.2.1/cdrs", value)


def result(value: str) -> Push:
    return lambda house: house.call("POST", "/ocpi/2.2.1/commands/START_SESSION/id-1", {"result": value})


LARGE = cdr(charging_periods=[period(number % 60, number * 1.000017 % 7) for number in range(200)])
CREDIT = cdr("C-1-C", credit=True, credit_reference_id="C-1", total_cost={"excl_vat": -250.10})
LATER = "2026-11-22T10:05:00Z"
SCENARIOS: dict[str, tuple[list[Push], Push]] = {
    "new session": ([], put(session())),
    "newer session": ([put(session())], put(session(at=LATER, kwh=7))),
    "older session": ([put(session(at=LATER))], put(session())),
    "patch": (
        [put(session(charging_periods=[period(1)]))],
        patch({"last_updated": LATER, "charging_periods": [period(5)], "kwh": 3}),
    ),
    "late session between a session and its patch": (
        [put(session()), patch({"last_updated": LATER, "kwh": 3})],
        put(session(at="2026-11-22T10:02:00Z", kwh=2, meter_id="M")),
    ),
    "CDR of an open session": ([put(session())], post(cdr())),
    "CDR before its session": ([], post(cdr())),
    "CDR again": ([post(cdr())], post(cdr())),
    "CDR with other content": ([post(cdr())], post(cdr(total_energy=1))),
    "credit CDR": ([post(cdr())], post(CREDIT)),
    "large CDR": ([], post(LARGE)),
    "session that cannot be identified": ([], put(session(status=None))),
    "the same again": ([put(session(status=None))], put(session(status=None))),
    "result of a command": ([], result("ACCEPTED")),
    "second result of a command": ([result("ACCEPTED")], result("REJECTED")),
    "result of an unknown command": (
        [],
        lambda house: house.call("POST", "/ocpi/2.2.1/commands/START_SESSION/none", {"result": "ACCEPTED"}),
    ),
}
REPEATED_RESULTS_ARE_COUNTED = {"result of a command", "second result of a command"}


@pytest.fixture(scope="module")
def near_house() -> Iterator[House]:
    with furnished_house() as house, pytest.MonkeyPatch.context() as patch:
        # So that a body goes to S3 that is quickly handled.
        patch.setattr(table, "TEXT_BYTES_AT_MOST", 3000)
        patch.setattr(table, "COMPRESSED_BYTES_AT_MOST", 500)
        yield house


def prepare(house: House, before: list[Push]) -> None:
    house.empty()
    store_command("id-1", state="SENT")
    for push in before:
        push(house)


def state(house: House, name: str) -> Any:
    ignored = OF_THE_MOMENT | (
        {"extra_results", "extra_result_count"} if name in REPEATED_RESULTS_ARE_COUNTED else set()
    )
    tables = {
        table: sorted(
            [
                {key: value for key, value in item.items() if key not in ignored}
                for item in house.items(table)
            ],
            key=str,
        )
        for table in ("sessions", "cdrs", "commands")
    }
    rejected = [
        {key: value for key, value in kept.items() if key not in ignored} for kept in house.rejected()
    ]
    return {**tables, "rejected": sorted(rejected, key=str)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_loses_nothing(near_house: House, name: str) -> None:
    before, push = SCENARIOS[name]
    prepare(near_house, before)
    near_house.call("GET", path_of(session()))
    with faults(lambda number, operation: None) as watched:
        undisturbed = push(near_house)
    wanted = state(near_house, name)
    assert undisturbed.status_code in (1000, 2001, 2003)
    assert watched.calls, "a push that calls nothing proves nothing"

    for number in range(len(watched.calls)):
        for fault in Fault:
            prepare(near_house, before)
            acknowledged = pushed_with(near_house, push, number, fault)
            where = f"{fault} at {watched.calls[number]} ({number + 1} of {len(watched.calls)})"
            if acknowledged:
                assert state(near_house, name) == wanted, f"acknowledged but not stored: {where}"
            again = push(near_house)
            assert again.status_code == undisturbed.status_code, where
            assert again.headers.get("Location") == undisturbed.headers.get("Location")
            assert state(near_house, name) == wanted, where


CALLS = {
    "new session": ["UpdateItem sessions"],
    "newer session": ["UpdateItem sessions"],
    "CDR of an open session": ["GetItem sessions", "TransactWriteItems cdrs sessions"],
    "CDR before its session": ["GetItem sessions", "TransactWriteItems cdrs sessions"],
}
"""One after another, without those for what is cached: our inbound tokens and the forgotten ones."""


@pytest.mark.parametrize("name", CALLS)
def test_a_push_makes_no_more_calls_than_it_needs(
    near_house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, push = SCENARIOS[name]
    prepare(near_house, before)
    made = []
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way that all calls take

    def call(client: Any, operation: str, parameters: Any) -> Any:
        parts = [part["Update"] for part in parameters.get("TransactItems", [])] or [parameters]
        made.append(" ".join([operation, *(part["TableName"] for part in parts)]))
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    push(near_house)
    assert [each for each in made if "control" not in each] == CALLS[name]


def pushed_with(house: House, push: Push, number: int, fault: Fault) -> bool:
    """Push once with `fault` at the call of that number. True if the answer lets the Hub forget the push."""
    with faults(lambda current, _: fault if current == number else None):
        try:
            answer = push(house)
        except Killed:
            return False
    if answer.http_status >= 500:
        assert (answer.http_status, answer.status_code) == (500, 3000)
        assert "try again" in answer.envelope["status_message"]
        assert "Throughput" not in answer.body
        return False
    return True


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.NO_ANSWER])
@pytest.mark.parametrize("name", SCENARIOS)
def test_stores_that_stay_down_are_never_answered_with_success(
    near_house: House, name: str, fault: Fault
) -> None:
    before, push = SCENARIOS[name]
    prepare(near_house, before)
    near_house.call("GET", path_of(session()))
    with faults(lambda _, operation: fault):
        answer = push(near_house)
    assert (answer.http_status, answer.status_code) == (500, 3000)


def test_the_probe_answers_while_the_stores_are_down(near_house: House) -> None:
    assert near_house.call("GET", "/ocpi/versions").http_status == 200
    with faults(lambda _, operation: Fault.THROTTLED) as watched:
        assert near_house.call("GET", "/ocpi/versions").http_status == 200
    assert watched.calls == []


class SlowLambda:
    """Lambda's context, on a clock that each call to AWS moves by as much as it can take."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.clock = 0.0

    def get_remaining_time_in_millis(self) -> int:
        return int((self.seconds - self.clock) * 1000)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_receiver_is_cut_off_by_its_timeout(
    near_house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call takes as long as it can: we answer in time all the same, and nothing is lost."""
    before, push = SCENARIOS[name]
    prepare(near_house, before)
    push(near_house)
    wanted = state(near_house, name)
    prepare(near_house, before)
    for app in near_house.apps.values():
        if hasattr(app, "authentication"):
            app.authentication.forget()
    slow = SlowLambda(receiver_timeout())
    monkeypatch.setattr(near_house, "context", slow)

    def take_long(number: int, operation: str) -> None:
        slow.clock += AWS_CALL.seconds_at_most

    with faults(take_long):
        answer = push(near_house)
    assert slow.clock <= receiver_timeout()
    assert answer.http_status < 500 or answer.status_code == 3000
    if answer.http_status < 500:
        assert state(near_house, name) == wanted
    begin_invocation(None)


def receiver_timeout() -> int:
    names = ("receive_session", "receive_cdr", "receive_command_result")
    return min(int(functions()[name]["Timeout"]) for name in names)
