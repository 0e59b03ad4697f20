"""Recognize a session that started after we had reported its START_SESSION as failed. Without I/O.

The driver may not know about it.
"""

from typing import Final

from emsp.commands.states import CommandState, is_decided
from emsp.stores.command_records import CommandRecord

KIND: Final = "SESSION_AFTER_TIMEOUT"
"""The value of `overdue` for such a session."""


def started_after_timeout(command: CommandRecord) -> bool:
    """Whether the START_SESSION has a session although it was not ACCEPTED."""
    state = CommandState(command.state)
    return (
        command.command == "START_SESSION"
        and bool(command.session_key)
        and is_decided(state)
        and state is not CommandState.ACCEPTED
    )
