"""The state of a charge for its driver: one state machine over command, session and CDR. Without I/O.

```mermaid
stateDiagram-v2
  [*] --> STARTING: POST /charges, or a session comes
  STARTING --> FAILED: the CPO declines, or it was not sent
  STARTING --> TIMED_OUT: no answer, or no session within half an hour
  FAILED --> TIMED_OUT: a late result
  STARTING --> CHARGING: the session runs
  FAILED --> CHARGING: it starts after all
  TIMED_OUT --> CHARGING: it starts late
  CHARGING --> STOPPING: the driver, a limit or a late start stops it
  CHARGING --> FINISHED: the session ends, or its CDR comes
  STOPPING --> FINISHED
  STOPPING --> STOPPED_AT_LIMIT: it was over its limit
  FINISHED --> STOPPED_AT_LIMIT: that becomes known late
  FINISHED --> [*]
  STOPPED_AT_LIMIT --> [*]
```

A state is never followed by an earlier one in State. So it depends only on facts that stay: a session ran, it
ended, a stop was requested. If a CPO takes back an end, the state stays. `FAILED` and `TIMED_OUT` are final
unless a session arrives after all.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from emsp.commands.session_links import AFTER_COMMAND
from emsp.commands.states import OPEN, CommandState
from emsp.stores.command_records import CommandRecord
from emsp.stores.sessions import StoredSession


class State(StrEnum):
    """The states, in the order in which they can follow each other. Some may be skipped."""

    STARTING = "STARTING"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CHARGING = "CHARGING"
    STOPPING = "STOPPING"
    FINISHED = "FINISHED"
    STOPPED_AT_LIMIT = "STOPPED_AT_LIMIT"


POLL_AFTER_S: Final = {State.STARTING: 2, State.CHARGING: 15, State.STOPPING: 3}
"""The states in which an app has to ask again, and the seconds until then (Retry-After)."""

OVER: Final = frozenset({State.FINISHED, State.STOPPED_AT_LIMIT})
_TIMED_OUT: Final = frozenset(
    {CommandState.TIMEOUT, *(s for s in CommandState if s.value.startswith("LATE_"))}
)


def state_of(
    command: CommandRecord | None, session: StoredSession | None, *, has_cdr: bool, now: datetime
) -> State:
    """Return the state of a charge. It has at least one of a command, a session and a CDR."""
    limited = command is not None and bool(command.limit_reached)
    if has_cdr or (session is not None and (session.first_ended_at or session.closed_by_cdr)):
        return State.STOPPED_AT_LIMIT if limited else State.FINISHED
    if session is not None and session.first_active_at:
        stops = session.stop_asked_at or (command is not None and command.stop_wanted_at)
        return State.STOPPING if stops else State.CHARGING
    return State.STARTING if command is None else _before_its_session(command, now)


def _before_its_session(command: CommandRecord, now: datetime) -> State:
    state = CommandState(command.state)
    if state in _TIMED_OUT:
        return State.TIMED_OUT
    if state in OPEN or state is CommandState.ACCEPTED:
        # After that no session is linked to the command any more.
        return State.STARTING if now - command.created_at <= AFTER_COMMAND else State.TIMED_OUT
    return State.FAILED
