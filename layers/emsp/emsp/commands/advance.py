"""Apply an event to a stored command. Conditional writes enforce the table of states in states.py."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from emsp.commands.started_after_timeout import KIND, started_after_timeout
from emsp.commands.states import OPEN, SUCCEEDED, CommandEvent, CommandState, next_state
from emsp.metrics import Metric, count
from emsp.stores.awaited import Awaits, awaits_attribute
from emsp.stores.command_records import CommandChange, CommandRecord
from emsp.stores.commands import CommandChanged, CommandStore
from emsp.stores.table import time_text

MOST_STEPS: Final = 10
"""The largest number of tries if other writers change the command at the same time.

A command changes its state only a few times. More tries would show an error in the table of states.
"""


class Advanced(NamedTuple):
    """The command after the event, and whether the event changed its state."""

    record: CommandRecord
    changed: bool


def advance_command(
    store: CommandStore,
    command_id: str,
    event: CommandEvent,
    now: datetime,
    *,
    expected: CommandState = CommandState.SENT,
    changes: Mapping[str, CommandChange] | None = None,
    seen: CommandRecord | None = None,
) -> Advanced:
    """Apply `event` to the command. Of concurrent or repeated events, the first decides.

    `expected` is the most likely state, which saves a read. `seen` is a record that was just read. `changes`
    are attributes to set together with the state. If the event does not change the state, they are not set.
    Raises UnknownCommand.
    """
    for _ in range(MOST_STEPS):
        if seen is None:
            after = next_state("", expected, event)
            if after is None:
                seen = store.get(command_id)
                continue
            state = expected
        else:
            state = CommandState(seen.state)
            after = next_state(seen.command, state, event)
            if after is None:
                return Advanced(seen, changed=False)
        try:
            return Advanced(
                _write(store, command_id, state=state, after=after, now=now, changes=changes or {}),
                changed=True,
            )
        except CommandChanged as changed:
            seen = changed.record
    raise RuntimeError(f"command {command_id} was changed at the same time by others: read its record")


def _write(
    store: CommandStore,
    command_id: str,
    *,
    state: CommandState,
    after: CommandState,
    now: datetime,
    changes: Mapping[str, CommandChange],
) -> CommandRecord:
    new: dict[str, CommandChange] = {**changes, "state": after.value}
    if after is not CommandState.SENT:
        new["decided_at"] = now
    if after in SUCCEEDED:
        new["awaits"] = awaits_attribute(Awaits.SESSION, command_id)
        new["awaits_since"] = time_text(now)
    changed = store.change(command_id, seen_state=state.value, changes=new)
    if after is not CommandState.SENT:
        count(Metric.COMMANDS_DECIDED, state=after.value)
    if state in OPEN and started_after_timeout(changed):
        count(Metric.CHARGES_OVERDUE, kind=KIND)
    return changed
