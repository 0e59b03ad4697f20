"""What a change of an item means to the eMSP's services: the events of each table, from the item before and
after.
"""

from collections.abc import Callable
from dataclasses import dataclass

from emsp.catalogue.changes import only_statuses_changed, what_changed
from emsp.commands.states import CommandState, is_decided
from emsp.ocpi.identity import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, parse_json
from emsp.pushes.receive_session import current_session
from emsp.stores import commands
from emsp.stores.catalogue_table import catalogue_deviations
from emsp.stores.cdrs import CdrStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import Item, LargeBodies, read_body


@dataclass(frozen=True)
class DomainEvent:
    """`detail` holds country_code, party_id, id, object and what belongs to that kind of event; no id or time
    of its own. Small events of which many come at once are told together under the name `joined_in`.
    """

    detail_type: str
    detail: JsonObject
    joined_in: str | None = None


JOINED_BYTES_AT_MOST = 50_000
"""States of more EVSEs than go into this are told with their location, which can be pointed at."""

type EventsOf = Callable[[Item | None, Item | None], list[DomainEvent]]
"""The events of a change from an item (None: there was none) to an item (None: it is gone)."""


def session_events(store: SessionStore) -> EventsOf:
    """`Session Updated` for whatever changes the session as it stands; a note of its CDR may change nothing
    in it.
    """

    def events(before: Item | None, after: Item | None) -> list[DomainEvent]:
        new, old = store.from_item(after), store.from_item(before)
        if new is None:
            return []
        session = current_session(new)
        if old is not None and current_session(old) == session:
            return []
        detail = _detail(session, deviations=new.deviations)
        detail["previous_status"] = current_session(old).get("status") if old else None
        detail["closed_by_cdr"] = new.closed_by_cdr
        return [DomainEvent("Session Updated", detail)]

    return events


def cdr_events(store: CdrStore) -> EventsOf:
    """`CDR Received` once for each CDR, `CDR Credited` once when the CDR that credits it comes after it."""

    def events(before: Item | None, after: Item | None) -> list[DomainEvent]:
        new, old = store.from_item(after), store.from_item(before)
        if new is None or (old is not None and old.credited_by == new.credited_by):
            return []
        detail = _detail(_object(new.body), deviations=new.deviations)
        detail["contradictions"] = parse_json(new.contradictions) if new.contradictions else []
        detail["credits"], detail["credited_by"] = new.credits_key, new.credited_by
        return [DomainEvent("CDR Received" if old is None else "CDR Credited", detail)]

    return events


def command_events(before: Item | None, after: Item | None) -> list[DomainEvent]:
    """`Command Completed` for each outcome: the first, and one that comes late or cancels a reservation."""
    if after is None:
        return []
    new = commands.from_item(after)
    old_state = commands.from_item(before).state if before else None
    if new.state == old_state or not is_decided(CommandState(new.state)):
        return []
    country_code, _, party_id = new.to.partition("*")
    outcome: JsonObject = {
        "command_id": new.command_id,
        "command": new.command,
        "state": new.state,
        "response": parse_json(new.response) if new.response else None,
        "result": parse_json(new.result) if new.result else None,
        "session_id": new.session_id or None,
        "correlation_id": new.correlation_id,
    }
    detail: JsonObject = {
        "country_code": country_code or None,
        "party_id": party_id or None,
        "id": new.command_id,
        "object": outcome,
    }
    return [DomainEvent("Command Completed", detail)]


def catalogue_events(kind: str, large_bodies: LargeBodies) -> EventsOf:
    """`Location Added`, `Location Changed` (with `changes`), `Location Removed`; likewise for tariffs.
    `kind` is `Location` or `Tariff`. Where EVSEs changed their states and nothing else, that is told
    without the location, and many in one event: `EVSE Statuses Changed`.

    An object that vanished from the Hub is removed when its item is marked so (`removed_at`), not when that
    lapses.
    """

    def body(item: Item | None) -> str | None:
        return None if item is None or "removed_at" in item else read_body(item, large_bodies)

    def events(before: Item | None, after: Item | None) -> list[DomainEvent]:
        old, new = body(before), body(after)
        if new is not None and new != old:
            location, earlier = _object(new), None if old is None else _object(old)
            if earlier is not None and only_statuses_changed(earlier, location):
                statuses = _statuses_changed(earlier, location)
                if len(dump_json(statuses.detail)) <= JOINED_BYTES_AT_MOST:
                    return [statuses]
            detail = _detail(location, catalogue_deviations(after or {}))
            if earlier is None:
                return [DomainEvent(f"{kind} Added", detail)]
            return [DomainEvent(f"{kind} Changed", {**detail, "changes": what_changed(earlier, location)})]
        if old is not None and new is None:
            return [DomainEvent(f"{kind} Removed", _detail(_object(old), None))]
        return []

    return events


def _statuses_changed(old: JsonObject, new: JsonObject) -> DomainEvent:
    statuses = what_changed(old, new)["evse_statuses"]
    detail: JsonObject = {
        **_identity(new),
        "last_updated": new.get("last_updated"),
        "evse_statuses": statuses,
    }
    return DomainEvent("Location Changed", detail, joined_in="EVSE Statuses Changed")


def _detail(value: JsonObject, deviations: str | None) -> JsonObject:
    noted: JsonValue = parse_json(deviations) if deviations else []
    return {**_identity(value), "object": value, "deviations": noted}


def _identity(value: JsonObject) -> JsonObject:
    return {name: id_text(value.get(name)) for name in ("country_code", "party_id", "id")}


def _object(text: str) -> JsonObject:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError("an object is stored that is none")
    return value
