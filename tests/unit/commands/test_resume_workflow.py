"""When a waiting workflow is resumed, and with what."""

import json
from collections.abc import Mapping
from copy import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from emsp.commands.resume_workflow import ResumeWorkflow
from emsp.events.stream_batch import each_change
from emsp.stores.command_records import CommandRecord, to_item
from emsp.stores.table import StoreUnavailable
from emsp.stores.workflows import NobodyWaits, Workflows

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SENT = CommandRecord(
    command_id="c-1",
    command="START_SESSION",
    state="SENT",
    created_at=NOW,
    times_out_at=NOW,
    body="{}",
    correlation_id="x",
    task_token="task-1",
)


class Waiting(Workflows):
    """Records what it is told."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.told: list[tuple[str, str]] = []
        self.outputs: list[str] = []
        self.problem = problem

    def succeed(self, task_token: str, output: str) -> None:
        self._tell("succeeded", task_token, output)

    def fail(self, task_token: str, error: str, cause: str) -> None:
        self._tell(error, task_token, cause)

    def _tell(self, what: str, task_token: str, output: str) -> None:
        if self.problem:
            raise self.problem
        self.told.append((what, task_token))
        self.outputs.append(output)


def told(before: CommandRecord | None, after: CommandRecord) -> list[tuple[str, str]]:
    workflows = Waiting()
    ResumeWorkflow(workflows)(to_item(before) if before else None, to_item(after))
    return workflows.told


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("ACCEPTED", "succeeded"),
        ("REJECTED", "REJECTED"),
        ("EVSE_OCCUPIED", "EVSE_OCCUPIED"),
        ("TIMEOUT", "TIMEOUT"),
    ],
)
def test_the_first_decision_resumes(state: str, outcome: str) -> None:
    assert told(SENT, replace(SENT, state=state)) == [(outcome, "task-1")]


def test_a_command_that_was_not_sent_fails_with_the_error_that_was_raised() -> None:
    not_sent = replace(SENT, state="NOT_SENT", error="RateLimited: the Hub's rate limit is reached")
    assert told(replace(SENT, state="PENDING"), not_sent) == [("RateLimited", "task-1")]


def test_what_comes_after_the_decision_does_not() -> None:
    timed_out, late = replace(SENT, state="TIMEOUT"), replace(SENT, state="LATE_ACCEPTED")
    assert told(timed_out, late) == []
    accepted = replace(SENT, state="ACCEPTED")
    assert told(accepted, replace(accepted, session_id="s-1", session_key="k")) == []


def test_a_new_task_that_waits_for_a_decided_command_is_resumed_at_once() -> None:
    accepted = replace(SENT, state="ACCEPTED")
    assert told(accepted, replace(accepted, task_token="task-2")) == [("succeeded", "task-2")]


def test_nobody_is_told_of_an_open_command_or_one_that_nobody_waits_for() -> None:
    assert told(None, SENT) == []
    assert told(replace(SENT, task_token=""), replace(SENT, task_token="", state="ACCEPTED")) == []


def test_the_outcome_is_the_commands_record_without_the_task_token() -> None:
    workflows = Waiting()
    ResumeWorkflow(workflows)(to_item(SENT), to_item(replace(SENT, state="ACCEPTED")))
    [output] = workflows.outputs
    assert json.loads(output)["command_id"] == "c-1"
    assert "task-1" not in output


class Parked:
    """The queue beside the stream."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.seen: list[tuple[object, str]] = []
        self.problem = problem

    def park(self, record: Mapping[str, Any], error: str) -> None:
        if self.problem:
            raise self.problem
        self.seen.append((record, error))


def stream(*states: str) -> dict[str, Any]:
    records = [
        {
            "dynamodb": {
                "SequenceNumber": str(number),
                "OldImage": dict(to_item(SENT)),
                "NewImage": dict(to_item(replace(SENT, state=state))),
            }
        }
        for number, state in enumerate(states)
    ]
    return {"Records": records}


def test_a_workflow_that_is_gone_is_left_alone() -> None:
    gone = ResumeWorkflow(Waiting(NobodyWaits("TaskTimedOut")))
    assert each_change(stream("ACCEPTED"), gone, Parked().park) == {"batchItemFailures": []}


def test_a_fault_has_the_batch_brought_again_from_there_and_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    faulty = ResumeWorkflow(Waiting(StoreUnavailable("throttled")))
    assert each_change(stream("SENT", "ACCEPTED", "ACCEPTED"), faulty, Parked().park) == {
        "batchItemFailures": [{"itemIdentifier": "1"}]
    }
    assert '"ChangesHeldUp":[1.0]' in capsys.readouterr().out, "for Lambda it is a success: nobody else tells"


def test_one_bad_record_is_parked_and_holds_up_nobody() -> None:
    """It would fail for ever, and with it every later record of its shard."""
    workflows, parked = Waiting(), Parked()
    batch = stream("ACCEPTED", "ACCEPTED")
    del batch["Records"][0]["dynamodb"]["NewImage"]["times_out_at"]
    assert each_change(batch, ResumeWorkflow(workflows), parked.park) == {"batchItemFailures": []}
    assert workflows.told == [("succeeded", "task-1")]
    assert parked.seen == [(batch["Records"][0], "TypeError")]


def test_what_can_not_be_parked_is_brought_again() -> None:
    batch = stream("SENT", "ACCEPTED")
    del batch["Records"][1]["dynamodb"]["NewImage"]["times_out_at"]
    parked = Parked(StoreUnavailable("throttled"))
    assert each_change(batch, ResumeWorkflow(Waiting()), parked.park) == {
        "batchItemFailures": [{"itemIdentifier": "1"}]
    }
