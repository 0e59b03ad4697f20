"""Every order of answer, results, duplicates, expiry and crash, through the real store, against a simple
model.

A crash is an event that never happens: the answer that was not written, the call that was never made. What
remains is that the queue wakes expire_command, which comes at the end of each history.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.commands.advance import advance_command
from emsp.commands.states import (
    Answered,
    CommandEvent,
    CommandState,
    Expired,
    NotPassedOn,
    Resulted,
    is_decided,
)
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from tests.fresh_aws import fresh_aws
from tests.profiles import examples
from tests.template.stores import create_tables

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
RESULTS = ["ACCEPTED", "REJECTED", "TIMEOUT", "EVSE_OCCUPIED", "CANCELED_RESERVATION", "SOMETHING_NEW"]

# Written down apart from states.py: what a state becomes, by the event's kind and word.
MOVES = {
    ("PENDING", "answer ACCEPTED"): "SENT",
    ("PENDING", "answer REJECTED"): "REJECTED",
    ("PENDING", "answer UNKNOWN_SESSION"): "UNKNOWN_SESSION",
    ("PENDING", "not passed on"): "NOT_SENT",
    ("PENDING", "expired"): "TIMEOUT",
    ("SENT", "expired"): "TIMEOUT",
}
for word in RESULTS:
    named = "FAILED" if word == "SOMETHING_NEW" else word
    MOVES |= {("PENDING", f"result {word}"): named, ("SENT", f"result {word}"): named}
    if word != "TIMEOUT":
        MOVES |= {(old, f"result {word}"): f"LATE_{named}" for old in ("TIMEOUT", "NOT_SENT")}
RESERVATION_MOVES = {
    (old, "result CANCELED_RESERVATION"): "CANCELED_RESERVATION" for old in ("ACCEPTED", "LATE_ACCEPTED")
}

HAPPENINGS = sorted({happening for _, happening in MOVES})


def event_of(happening: str) -> CommandEvent:
    kind, _, word = happening.partition(" ")
    match kind:
        case "answer":
            return Answered(word)
        case "result":
            return Resulted(word)
        case "expired":
            return Expired()
    return NotPassedOn()


@pytest.fixture(scope="module")
def store() -> Iterator[CommandStore]:
    with fresh_aws():
        client = boto3.client("dynamodb")
        create_tables(client, "commands", "control")
        yield CommandStore(client, "commands", "control")


ids = count()


def new_command(store: CommandStore, command: str) -> str:
    command_id = f"command-{next(ids)}"
    store.create(
        CommandRecord(
            command_id=command_id,
            command=command,
            state="PENDING",
            created_at=NOW,
            times_out_at=NOW + timedelta(seconds=40),
            body="{}",
            correlation_id="c",
        )
    )
    return command_id


def let_happen(store: CommandStore, command_id: str, happening: str, expected: CommandState) -> bool:
    """As the use cases do: a result that changes nothing is kept beside."""
    changes = {"result": json.dumps({"result": happening})} if happening.startswith("result") else {}
    advanced = advance_command(
        store, command_id, event_of(happening), NOW, expected=expected, changes=changes
    )
    if happening.startswith("result") and not advanced.changed:
        store.keep_extra_result(command_id, happening)
    return advanced.changed


@examples(0.4)
@given(
    command=st.sampled_from(["START_SESSION", "RESERVE_NOW"]),
    history=st.lists(st.sampled_from(HAPPENINGS), max_size=6),
    expected=st.sampled_from([CommandState.PENDING, CommandState.SENT]),
)
def test_every_history_ends_where_the_model_says(
    store: CommandStore, command: str, history: list[str], expected: CommandState
) -> None:
    command_id = new_command(store, command)
    moves = MOVES | (RESERVATION_MOVES if command == "RESERVE_NOW" else {})
    state, extra = "PENDING", 0
    for happening in [*history, "expired"]:
        after = moves.get((state, happening))
        changed = let_happen(store, command_id, happening, expected)
        record = store.get(command_id)
        assert changed == (after is not None)
        extra += int(happening.startswith("result") and not changed)
        state = after or state
        assert record.state == state
    record = store.get(command_id)
    assert is_decided(CommandState(record.state)), "every command ends"
    assert record.decided_at == NOW
    assert record.extra_result_count == extra == len(record.extra_results)


def test_results_without_end_do_not_fill_the_item(store: CommandStore) -> None:
    command_id = new_command(store, "START_SESSION")
    for _ in range(30):
        let_happen(store, command_id, "result ACCEPTED", CommandState.SENT)
    record = store.get(command_id)
    assert (len(record.extra_results), record.extra_result_count) == (20, 29)
