"""Apply the limit of a START_SESSION to each other session that it leads to.

A CPO can restart a session with another id, and an EVSE can have two connectors. The command is linked to its
first session. For each other session the table has another record, without a token, and enforce_limits
compares that session with the whole limit. `further` of the command is the id of the newest of these records,
so that STOP_SESSION with its command_id stops the newest session.
"""

import hashlib
from typing import Final

from emsp.commands.states import CommandState, is_decided
from emsp.stores.command_records import CommandRecord

ID_CHARACTERS: Final = 16


def further_id(command_id: str, session_key: str) -> str:
    """Return the command_id of the record. It depends only on the command and the session."""
    return f"{command_id}.{hashlib.sha256(session_key.encode()).hexdigest()[:ID_CHARACTERS]}"


def further_session(
    command: CommandRecord, session_id: str, session_key: str, linked_by: str
) -> CommandRecord:
    """Return the record for another session of this command."""
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
