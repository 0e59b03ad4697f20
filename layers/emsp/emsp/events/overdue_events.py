"""Build `Charge Overdue` when an item becomes overdue, and `Charge Resolved` when it is not overdue any
more.
"""

from collections.abc import Mapping

from emsp.charges.overdue import Overdue
from emsp.commands.started_after_timeout import started_after_timeout
from emsp.events.domain_event import DomainEvent
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores import command_records
from emsp.stores.awaited import overdue_kind
from emsp.stores.table import Item, text_attribute


def overdue_events(before: Item | None, after: Item, about: Mapping[str, JsonValue]) -> list[DomainEvent]:
    """Return the events for a report of watch_charges on a session or a command.

    `about` has the ids and the object of the item.
    """
    old, new = overdue_kind(before), overdue_kind(after)
    same = old == new and text_attribute(before or {}, "overdue_since") == text_attribute(
        after, "overdue_since"
    )
    if same:
        return []
    events = []
    if old is not None and before is not None:
        events.append(_event("Charge Resolved", old, text_attribute(before, "overdue_since"), about))
    if new is not None:
        events.append(_event("Charge Overdue", new, text_attribute(after, "overdue_since"), about))
    return events


def after_timeout_events(
    before: Item | None, after: Item, about: Mapping[str, JsonValue]
) -> list[DomainEvent]:
    """Return the event for a session that started after we had reported its START_SESSION as failed.

    The driver may not know about the session.
    """
    new = command_records.from_item(after)
    if not started_after_timeout(new) or (
        before and started_after_timeout(command_records.from_item(before))
    ):
        return []
    return [_event("Charge Overdue", Overdue.SESSION_AFTER_TIMEOUT, None, about)]


def ended_after_timeout(about: Mapping[str, JsonValue]) -> DomainEvent:
    """Return the event for the end of such a session."""
    return _event("Charge Resolved", Overdue.SESSION_AFTER_TIMEOUT, None, about)


def _event(detail_type: str, kind: str, since: str | None, about: Mapping[str, JsonValue]) -> DomainEvent:
    detail: JsonObject = {**about, "kind": str(kind), "since": since}
    return DomainEvent(detail_type, detail)
