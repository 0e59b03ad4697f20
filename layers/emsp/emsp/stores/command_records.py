"""A command as it is kept: the record, and the item that it is in the commands table.

Item: hash `command_id`; `command`, `state`, `body` (the OCPI object as sent, JSON text), times as UTC text
of fixed width, so that strings compare as times.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from emsp.stores.attributes import Value, attributes, values_of
from emsp.stores.lapse import EXPIRES_AT, lapses_at
from emsp.stores.table import Item, time_text

KEPT_FOR: Final = timedelta(days=400)
"""Where nothing else is said."""
_TIMES: Final = frozenset({"created_at", "times_out_at", "answered_at", "decided_at", "stop_wanted_at"})


@dataclass(frozen=True)
class CommandRecord:
    """One command. `response` and `result` are OCPI's CommandResponse and CommandResult as JSON text, as
    received.
    """

    command_id: str
    command: str
    state: str
    created_at: datetime
    times_out_at: datetime
    body: str
    correlation_id: str
    request_id: str = ""
    to: str = ""
    """`IN*ABC`, or empty where the Hub routes by content."""
    token_key: str = ""
    location_id: str = ""
    evse_uid: str = ""
    authorization_reference: str = ""
    reservation_id: str = ""
    """Both upper case, as their indexes compare them."""
    task_token: str = ""
    idempotency_key: str = ""
    answered_at: datetime | None = None
    decided_at: datetime | None = None
    response: str = ""
    result: str = ""
    error: str = ""
    """Why the call failed, `ClassName: message`."""
    check: str = ""
    """What asking for the EVSE's state found, where that was asked for."""
    session_id: str = ""
    session_key: str = ""
    linked_by: str = ""
    extra_results: tuple[str, ...] = ()
    """Results that changed nothing: `{"received_at", "result"}` as JSON text, oldest first."""
    extra_result_count: int = 0
    awaits: str = ""
    awaits_since: str = ""
    overdue: str = ""
    overdue_since: str = ""
    """See awaited.py."""
    limit: str = ""
    """What the session may come to at most, JSON text (spending_limit.py)."""
    stop_if_late: str = ""
    """`true` where a session that starts after we said no is to be stopped."""
    limit_near: str = ""
    limit_reached: str = ""
    """What was near the limit and what was over when that was told, JSON text."""
    limit_contradicted: str = ""
    """What was over by one field of the session and not by another, JSON text."""
    stop_wanted_at: datetime | None = None
    """Since when the session is to be stopped."""
    stop_command_id: str = ""
    """The STOP_SESSION that we sent for it."""
    stop_attempts: str = ""
    """How many of those had no outcome."""
    stop_outcome: str = ""
    """The state in which it was decided; then no other is sent."""
    of_command: str = ""
    """The START_SESSION that this record's session is a further one of (further_sessions.py)."""
    further: str = ""
    """The newest such record of this one."""
    enforce: str = ""
    enforce_at: str = ""
    """See limited_commands.py."""


type CommandChange = str | datetime
"""A value to set: text or a time."""


def text_to_set(value: CommandChange) -> str:
    """The text that is kept of a value."""
    return time_text(value) if isinstance(value, datetime) else value


def to_item(record: CommandRecord, kept_for: timedelta | None = KEPT_FOR) -> dict[str, Any]:
    """The DynamoDB item of a command; what is empty is left out. `kept_for` None is for ever."""
    item: dict[str, Value] = {}
    lapses = lapses_at(record.created_at, kept_for)
    for field in fields(record):
        value = getattr(record, field.name)
        if value:
            item[field.name] = text_to_set(value)
    return attributes(item) | ({EXPIRES_AT: lapses} if lapses else {})


def from_item(item: Item) -> CommandRecord:
    """A command from its DynamoDB item (a read, or an image in the table's stream)."""
    known = values_of({field.name: item[field.name] for field in fields(CommandRecord) if field.name in item})
    for name in _TIMES & known.keys():
        known[name] = datetime.fromisoformat(known[name])
    if "extra_results" in known:
        known["extra_results"] = tuple(known["extra_results"])
    if "extra_result_count" in known:
        known["extra_result_count"] = int(known["extra_result_count"])
    return CommandRecord(**known)
