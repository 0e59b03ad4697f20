"""Apply the limit of a START_SESSION to each further session that it starts.

A CPO can restart a session under another id, and an EVSE can have two connectors. The command itself has one
session. Each further session has a record of its own in the commands table, without a token. enforce_limits
reads that record, and compares each session with the whole limit. The command names the newest of these
records in `further`, so that STOP_SESSION by its command_id stops the newest session.
"""

import hashlib
from typing import Final

from emsp.commands.states import CommandState, is_decided
from emsp.stores.command_records import CommandRecord

ID_CHARACTERS: Final = 16


def further_id(command_id: str, session_key: str) -> str:
    """Return the record's command_id. It is the same for the same session, however often it is linked."""
    return f"{command_id}.{hashlib.sha256(session_key.encode()).hexdigest()[:ID_CHARACTERS]}"


def further_session(
    command: CommandRecord, session_id: str, session_key: str, linked_by: str
) -> CommandRecord:
    """Return the record of a further session of this command."""
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
