"""The record of a command, as an item of the commands table.

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
    """A command. `response` and `result` are OCPI's CommandResponse and CommandResult, as the JSON text that
    was received.
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
    """The party, such as `IN*ABC`. It is empty if the Hub finds the party by the content of the command."""
    token_key: str = ""
    location_id: str = ""
    evse_uid: str = ""
    authorization_reference: str = ""
    reservation_id: str = ""
    """In upper case, as the index has it. The same is true for `authorization_reference`."""
    task_token: str = ""
    idempotency_key: str = ""
    answered_at: datetime | None = None
    decided_at: datetime | None = None
    response: str = ""
    result: str = ""
    error: str = ""
    """Why the call failed: `ClassName: message`."""
    check: str = ""
    """The result of reading the EVSE's status before the command, if that was requested."""
    session_id: str = ""
    session_key: str = ""
    linked_by: str = ""
    extra_results: tuple[str, ...] = ()
    """Results that did not change the state, oldest first, as JSON texts `{"received_at", "result"}`."""
    extra_result_count: int = 0
    awaits: str = ""
    awaits_since: str = ""
    overdue: str = ""
    overdue_since: str = ""
    """See awaited.py."""
    limit: str = ""
    """The spending limit of the session as JSON text (spending_limit.py)."""
    stop_if_late: str = ""
    """`true` if a session that begins after we reported a failure must be stopped."""
    limit_near: str = ""
    limit_reached: str = ""
    """JSON texts: what was near the limit, and what was beyond it, when that was reported."""
    limit_contradicted: str = ""
    """JSON text: what is beyond the limit by one field of the session, and below it by another."""
    stop_wanted_at: datetime | None = None
    """When it was decided to stop the session."""
    stop_command_id: str = ""
    """The id of the STOP_SESSION that we sent."""
    stop_attempts: str = ""
    """The number of STOP_SESSIONs that were sent without an outcome."""
    stop_outcome: str = ""
    """The final state of the STOP_SESSION. No other is sent after it."""
    of_command: str = ""
    """The id of the START_SESSION, if this record is for another session of it (further_sessions.py)."""
    further: str = ""
    """The id of the newest record for another session of this command."""
    enforce: str = ""
    enforce_at: str = ""
    """See limited_commands.py."""


type CommandChange = str | datetime
"""The new value of an attribute."""


def text_to_set(value: CommandChange) -> str:
    """Return the text that is stored for a value."""
    return time_text(value) if isinstance(value, datetime) else value


def to_item(record: CommandRecord, kept_for: timedelta | None = KEPT_FOR) -> dict[str, Any]:
    """Return the item of a command, without empty attributes. If `kept_for` is None, it never expires."""
    item: dict[str, Value] = {}
    expires = ttl_value(record.created_at, kept_for)
    for name, value in record._asdict().items():
        if value:
            item[name] = text_to_set(value)
    return attributes(item) | ({EXPIRES_AT: expires} if expires else {})


def from_item(item: Item) -> CommandRecord:
    """Return the command in an item. The item may be an image of the table's stream."""
    known = values_of({name: item[name] for name in CommandRecord._fields if name in item})
    for name in _TIMES & known.keys():
        known[name] = datetime.fromisoformat(known[name])
    if "extra_results" in known:
        known["extra_results"] = tuple(known["extra_results"])
    if "extra_result_count" in known:
        known["extra_result_count"] = int(known["extra_result_count"])
    return CommandRecord(**known)
