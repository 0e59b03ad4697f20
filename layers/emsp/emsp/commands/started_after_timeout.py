"""Detect a session whose START_SESSION we had reported as failed. The driver may not know about it. Pure."""

from typing import Final

from emsp.commands.states import CommandState, is_decided
from emsp.stores.command_records import CommandRecord

KIND: Final = "SESSION_AFTER_TIMEOUT"
"""Its kind in `overdue`."""


def started_after_timeout(command: CommandRecord) -> bool:
    """Whether a START_SESSION has a session, and was decided as anything but ACCEPTED."""
    state = CommandState(command.state)
    return (
        command.command == "START_SESSION"
        and bool(command.session_key)
        and is_decided(state)
        and state is not CommandState.ACCEPTED
    )
