"""The record of a command, and its item in the commands table.

Item: hash `command_id`; `command`, `state`, `body` (the OCPI object as sent, as JSON text). Times are UTC
texts of fixed width, so that strings compare as times.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from emsp.stores.attributes import Value, attributes, values_of
from emsp.stores.expires_at import EXPIRES_AT, ttl_value
from emsp.stores.table import Item, time_text

KEPT_FOR: Final = timedelta(days=400)
"""The default retention."""
_TIMES: Final = frozenset({"created_at", "times_out_at", "answered_at", "decided_at", "stop_wanted_at"})


class CommandRecord(NamedTuple):
    """One command. `response` and `result` are OCPI's CommandResponse and CommandResult as JSON text, as they
    were received.
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
    """`IN*ABC`, or empty if the Hub routes by content."""
    token_key: str = ""
    location_id: str = ""
    evse_uid: str = ""
    authorization_reference: str = ""
    reservation_id: str = ""
    """Both are in upper case, as their indexes compare them."""
    task_token: str = ""
    idempotency_key: str = ""
    answered_at: datetime | None = None
    decided_at: datetime | None = None
    response: str = ""
    result: str = ""
    error: str = ""
    """Why the call failed: `ClassName: message`."""
    check: str = ""
    """The result of the request for the EVSE's state, if there was one."""
    session_id: str = ""
    session_key: str = ""
    linked_by: str = ""
    extra_results: tuple[str, ...] = ()
    """Results that changed nothing, oldest first: `{"received_at", "result"}` as JSON text."""
    extra_result_count: int = 0
    awaits: str = ""
    awaits_since: str = ""
    overdue: str = ""
    overdue_since: str = ""
    """See awaited.py."""
    limit: str = ""
    """The session's spending limit, as JSON text (spending_limit.py)."""
    stop_if_late: str = ""
    """`true` if we must stop a session that starts after we reported a failure."""
    limit_near: str = ""
    limit_reached: str = ""
    """What was near the limit, and what was over it, at the time of the report, as JSON text."""
    limit_contradicted: str = ""
    """What was over the limit by one field of the session and below it by another, as JSON text."""
    stop_wanted_at: datetime | None = None
    """Since when the session has to be stopped."""
    stop_command_id: str = ""
    """The STOP_SESSION that we sent."""
    stop_attempts: str = ""
    """How many STOP_SESSIONs had no outcome."""
    stop_outcome: str = ""
    """The final state of the STOP_SESSION. After that we send no other."""
    of_command: str = ""
    """The START_SESSION, if this record is for a further session of it (further_sessions.py)."""
    further: str = ""
    """The newest record of a further session of this command."""
    enforce: str = ""
    enforce_at: str = ""
    """See limited_commands.py."""


type CommandChange = str | datetime
"""A value to set: text or a time."""


def text_to_set(value: CommandChange) -> str:
    """The text that is stored for a value."""
    return time_text(value) if isinstance(value, datetime) else value


def to_item(record: CommandRecord, kept_for: timedelta | None = KEPT_FOR) -> dict[str, Any]:
    """The DynamoDB item of a command, without empty attributes. `kept_for` None means for ever."""
    item: dict[str, Value] = {}
    expires = ttl_value(record.created_at, kept_for)
    for name, value in record._asdict().items():
        if value:
            item[name] = text_to_set(value)
    return attributes(item) | ({EXPIRES_AT: expires} if expires else {})


def from_item(item: Item) -> CommandRecord:
    """A command from its DynamoDB item (from a read, or an image in the table's stream)."""
    known = values_of({name: item[name] for name in CommandRecord._fields if name in item})
    for name in _TIMES & known.keys():
        known[name] = datetime.fromisoformat(known[name])
    if "extra_results" in known:
        known["extra_results"] = tuple(known["extra_results"])
    if "extra_result_count" in known:
        known["extra_result_count"] = int(known["extra_result_count"])
    return CommandRecord(**known)
