"""A session of a START_SESSION that its caller was told had failed: the driver may not know of it. Pure."""

from typing import Final

from emsp.commands.states import CommandState, is_decided
from emsp.stores.command_records import CommandRecord

KIND: Final = "SESSION_AFTER_TIMEOUT"
"""What it is called among what is overdue in a charge."""


def started_after_timeout(command: CommandRecord) -> bool:
    """Whether a session came of a START_SESSION that was told as anything but ACCEPTED."""
    state = CommandState(command.state)
    return (
        command.command == "START_SESSION"
        and bool(command.session_key)
        and is_decided(state)
        and state is not CommandState.ACCEPTED
    )
