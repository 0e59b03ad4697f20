"""The states of a command, and the events that change them. Without I/O. advance.py enforces this table.

| event                            | PENDING    | SENT       | TIMEOUT  | NOT_SENT | (LATE_)ACCEPTED      |
| -------------------------------- | ---------- | ---------- | -------- | -------- | -------------------- |
| CommandResponse ACCEPTED         | SENT       | -          | -        | -        | -                    |
| CommandResponse, all others      | its result | -          | -        | -        | -                    |
| the Hub did not pass it on       | NOT_SENT   | -          | -        | -        | -                    |
| CommandResult                    | its result | its result | LATE_... | LATE_... | -                    |
| CANCELED_RESERVATION             | as above   | as above   | as above | as above | CANCELED_RESERVATION |
| CommandResult TIMEOUT            | TIMEOUT    | TIMEOUT    | -        | -        | -                    |
| nothing came in time             | TIMEOUT    | TIMEOUT    | -        | -        | -                    |

CANCELED_RESERVATION after ACCEPTED is the CPO's later cancellation. It counts for RESERVE_NOW only. At `-`,
and in every state that is not listed, the event is recorded beside the command and does not change the state.
PENDING is stored before the Hub is called, because the result can arrive before the answer. A result after
TIMEOUT becomes LATE_..., because a session may have started anyway. A result outside OCPI's enumeration
becomes FAILED, and such an answer becomes REJECTED; the record contains the original. Case does not count.
Source: OCPI 2.2.1, mod_commands.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class CommandState(StrEnum):
    """The state of a command. PENDING and SENT are open, all others are decided.

    A LATE_ state follows TIMEOUT or NOT_SENT.
    """

    PENDING = "PENDING"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"
    CANCELED_RESERVATION = "CANCELED_RESERVATION"
    EVSE_OCCUPIED = "EVSE_OCCUPIED"
    EVSE_INOPERATIVE = "EVSE_INOPERATIVE"
    FAILED = "FAILED"
    UNKNOWN_RESERVATION = "UNKNOWN_RESERVATION"
    TIMEOUT = "TIMEOUT"
    NOT_SENT = "NOT_SENT"
    LATE_ACCEPTED = "LATE_ACCEPTED"
    LATE_REJECTED = "LATE_REJECTED"
    LATE_NOT_SUPPORTED = "LATE_NOT_SUPPORTED"
    LATE_CANCELED_RESERVATION = "LATE_CANCELED_RESERVATION"
    LATE_EVSE_OCCUPIED = "LATE_EVSE_OCCUPIED"
    LATE_EVSE_INOPERATIVE = "LATE_EVSE_INOPERATIVE"
    LATE_FAILED = "LATE_FAILED"
    LATE_UNKNOWN_RESERVATION = "LATE_UNKNOWN_RESERVATION"


OPEN: Final = frozenset({CommandState.PENDING, CommandState.SENT})
SUCCEEDED: Final = frozenset({CommandState.ACCEPTED, CommandState.LATE_ACCEPTED})

RESULT_STATES: Final = {
    name: CommandState(name)
    for name in (
        "ACCEPTED",
        "CANCELED_RESERVATION",
        "EVSE_OCCUPIED",
        "EVSE_INOPERATIVE",
        "FAILED",
        "NOT_SUPPORTED",
        "REJECTED",
        "TIMEOUT",
        "UNKNOWN_RESERVATION",
    )
}
RESPONSE_STATES: Final = {
    "ACCEPTED": CommandState.SENT,
    "REJECTED": CommandState.REJECTED,
    "NOT_SUPPORTED": CommandState.NOT_SUPPORTED,
    "UNKNOWN_SESSION": CommandState.UNKNOWN_SESSION,
}


@dataclass(frozen=True)
class Answered:
    """The CPO's CommandResponse arrived. `result` is its CommandResponseType, as sent."""

    result: str


@dataclass(frozen=True)
class NotPassedOn:
    """The Hub refused the command, or certainly did not receive it."""


@dataclass(frozen=True)
class Resulted:
    """A CommandResult arrived at the response_url. `result` is its CommandResultType, as sent."""

    result: str


@dataclass(frozen=True)
class Expired:
    """The CPO's timeout and GRACE have passed."""


type CommandEvent = Answered | NotPassedOn | Resulted | Expired


def is_decided(state: CommandState) -> bool:
    """Whether the command has an outcome. A late result, or a cancelled reservation, can still change it."""
    return state not in OPEN


def next_state(command: str, state: CommandState, event: CommandEvent) -> CommandState | None:
    """Return the state after `event` for a command of the CommandType `command`, or None for no change."""
    match event:
        case Answered(result):
            return (
                RESPONSE_STATES.get(result.upper(), CommandState.REJECTED)
                if state is CommandState.PENDING
                else None
            )
        case NotPassedOn():
            return CommandState.NOT_SENT if state is CommandState.PENDING else None
        case Expired():
            return CommandState.TIMEOUT if state in OPEN else None
        case Resulted(result):
            return _after_result(command, state, RESULT_STATES.get(result.upper(), CommandState.FAILED))


def _after_result(command: str, state: CommandState, result: CommandState) -> CommandState | None:
    if state in OPEN:
        return result
    if state in (CommandState.TIMEOUT, CommandState.NOT_SENT):
        return None if result is CommandState.TIMEOUT else CommandState(f"LATE_{result}")
    cancels = command == "RESERVE_NOW" and result is CommandState.CANCELED_RESERVATION
    return result if cancels and state in SUCCEEDED else None
