"""A session after the first of one START_SESSION is held against its limit too.

A CPO can begin a session anew under another id, and an EVSE can have two connectors. The command itself has
one session. Each further one has a record of its own among the commands, without a token, that enforce_limits
looks at: each session is held against the whole limit by itself. The command names the newest of these
records (`further`), so that STOP_SESSION by its command_id stops the newest session.
"""

import hashlib
from typing import Final

from emsp.commands.states import CommandState, is_decided
from emsp.stores.command_records import CommandRecord

ID_CHARACTERS: Final = 16


def further_id(command_id: str, session_key: str) -> str:
    """The record's command_id: the same for the same session, however often it is linked."""
    return f"{command_id}.{hashlib.sha256(session_key.encode()).hexdigest()[:ID_CHARACTERS]}"


def further_session(
    command: CommandRecord, session_id: str, session_key: str, linked_by: str
) -> CommandRecord:
    """The record of a further session of this command."""
    decided = is_decided(CommandState(command.state))
    return CommandRecord(
        command_id=further_id(command.command_id, session_key),
        command=command.command,
        state=command.state,
        created_at=command.created_at,
        times_out_at=command.times_out_at,
        body="{}",
        correlation_id=command.correlation_id,
        to=command.to,
        limit=command.limit,
        stop_if_late=command.stop_if_late if decided else "",
        session_id=session_id,
        session_key=session_key,
        linked_by=linked_by,
        of_command=command.command_id,
    )
