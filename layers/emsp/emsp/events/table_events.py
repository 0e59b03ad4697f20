"""Build the events for a change of an item of a table."""

from collections.abc import Callable

from emsp.catalogue.changed_fields import only_statuses_changed, what_changed
from emsp.charges.credible_times import Seen
from emsp.commands.started_after_timeout import started_after_timeout
from emsp.commands.states import CommandState, is_decided
from emsp.events.domain_event import DomainEvent, EventsOf
from emsp.events.limit_events import limit_events
from emsp.events.overdue_events import after_timeout_events, ended_after_timeout, overdue_events
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, dump_json, objects_in, parse_json
from emsp.ocpi.session_status import ENDED, status_of
from emsp.pushes.check_push import noted
from emsp.pushes.contradictions import against_session
from emsp.pushes.current_session import current_session
from emsp.retail.price_decision import Decision
from emsp.stores import command_records
from emsp.stores.catalogue_table import catalogue_deviations
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.misuse_findings import StoredFinding
from emsp.stores.page_rewrites import was_pseudonymised
from emsp.stores.sessions import SessionStore, StoredSession
from emsp.stores.table import Item, LargeBodies, read_body, text_attribute

JOINED_BYTES_AT_MOST = 50_000
"""The largest size of the EVSE statuses of a location in an event, in bytes.

If there are more, the event has the location instead, because a large location can be stored in S3.
"""


def session_events(
    store: SessionStore,
    commands_store: CommandStore,
    cdrs: CdrStore,
    cost_so_far: Callable[[JsonObject, Seen], JsonObject],
) -> EventsOf:
    """Return a function for the changes of the sessions table. It returns these events:

    - `Session Updated` for each change of the session. Its CDR changes it only if the CDR ends it.
    - `Session Linked` when its command becomes known.
    - `Charge Overdue` and `Charge Resolved`.
    """

    def events(before: Item | None, after: Item | None) -> list[DomainEvent]:
        if after is None or was_pseudonymised(before, after):
            return []
        new, old = store.from_item(after), store.from_item(before)
        if new is None:
            return overdue_events(before, after, _missing_session(after))
        session, was = current_session(new), current_session(old) if old else None
        detail = _detail(session, deviations=new.deviations)
        detail["command_id"] = new.command_id
        made = []
        if session != was:
            updated: JsonObject = {
                **detail,
                "previous_status": was.get("status") if was else None,
                "closed_by_cdr": new.closed_by_cdr,
                "contradictions": _contradictions(cdrs, new),
                "cost_so_far": cost_so_far(session, Seen.of(new)),
            }
            made.append(DomainEvent("Session Updated", updated))
        linked_before = old is not None and old.command_id == new.command_id
        if new.command_id and not linked_before:
            made.append(DomainEvent("Session Linked", detail))
        made += overdue_events(before, after, detail)
        if new.command_id and _ended(session) and not (linked_before and was and _ended(was)):
            command = _known(commands_store, new.command_id)
            if command and started_after_timeout(command):
                made.append(ended_after_timeout(detail))
        return made

    return events


def _contradictions(cdrs: CdrStore, session: StoredSession) -> JsonValue:
    """Return the contradictions between the session and its CDR.

    A CDR that arrived before its session could not be compared with it.
    """
    cdr = cdrs.get(session.closed_by_cdr) if session.closed_by_cdr else None
    found = noted(list(against_session(_object(cdr.body), session))) if cdr else None
    return parse_json(found) if found else []


def _ended(session: JsonObject) -> bool:
    return status_of(session) in ENDED


def _known(store: CommandStore, command_id: str) -> CommandRecord | None:
    try:
        return store.get(command_id)
    except UnknownCommand:
        return None  # The CDR has expired.


def _missing_session(item: Item) -> JsonObject:
    """Return the ids, in upper case, of a session that a CDR names and that has not arrived."""
    country_code, party_id, session_id = str(item["object_key"]["S"]).split("#", 2)
    return {
        "country_code": country_code,
        "party_id": party_id,
        "id": session_id,
        "object": None,
        "closed_by_cdr": text_attribute(item, "closed_by_cdr"),
    }


def cdr_events(store: CdrStore, sessions: SessionStore) -> EventsOf:
    """Return a function for the changes of the CDRs table. It returns these events:

    - `CDR Received`, once for each CDR.
    - `CDR Credited`, once, when the credit CDR arrives after it.
    - `CDR Checked` for each check with a new result; its `object` is the check.
    - `Charge Priced` when the price for the driver is decided.
    """

    def events(before: Item | None, after: Item | None) -> list[DomainEvent]:
        if after is None or was_pseudonymised(before, after):
            return []
        new, old = store.from_item(after), store.from_item(before)
        if new is None:
            return []
        checked = _checked(new) if new.check and (old is None or old.check != new.check) else []
        if new.retail and (old is None or old.retail != new.retail):
            checked += _priced(new)
        if old is not None and old.credited_by == new.credited_by:
            return checked
        session = sessions.get(new.session_key) if new.session_key else None
        detail = _detail(_object(new.body), deviations=new.deviations)
        detail["contradictions"] = parse_json(new.contradictions) if new.contradictions else []
        detail["credits"], detail["credited_by"] = new.credits_key, new.credited_by
        detail["command_id"] = session.command_id if session else None
        return [DomainEvent("CDR Received" if old is None else "CDR Credited", detail), *checked]

    return events


def _checked(cdr: StoredCdr) -> list[DomainEvent]:
    check = _object(cdr.check or "{}")
    named = as_object(check.get("cdr"))
    return [DomainEvent("CDR Checked", {**named, "verdict": check.get("verdict"), "object": check})]


def _priced(cdr: StoredCdr) -> list[DomainEvent]:
    body = _object(cdr.body)
    detail: JsonObject = {
        **_identity(body),
        "session_id": id_text(body.get("session_id")),
        "retail": Decision.of_text(cdr.retail or "{}").as_json(),
    }
    return [DomainEvent("Charge Priced", detail)]


def finding_events(before: Item | None, after: Item | None) -> list[DomainEvent]:
    """Return `Token Misuse Suspected`, once for each finding. Its party is the CPO of the latest charge."""
    if after is None or before is not None:
        return []
    stored = StoredFinding.from_item(after)
    finding = _object(stored.body)
    *_, latest = objects_in(finding, "charges")
    about: JsonObject = {name: latest[name] for name in ("country_code", "party_id")}
    return [DomainEvent("Token Misuse Suspected", {**about, "id": stored.finding_id, "object": finding})]


def command_events(before: Item | None, after: Item | None) -> list[DomainEvent]:
    """Return the events of a change in the commands table.

    - `Command Completed` for each outcome: the first one, and one that is late or cancels a reservation.
    - `Charge Overdue` and `Charge Resolved` for its session.
    - `Limit Near` and `Limit Reached`, also for its further sessions.
    """
    if after is None or was_pseudonymised(before, after):
        return []
    new = command_records.from_item(after)
    old_state = command_records.from_item(before).state if before else None
    country_code, _, party_id = new.to.partition("*")
    command_id = new.of_command or new.command_id
    outcome: JsonObject = {
        "command_id": command_id,
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
        "id": command_id,
        "object": outcome,
    }
    about = {**detail, "command_id": command_id}
    overdue = [
        *overdue_events(before, after, about),
        *after_timeout_events(before, after, about),
        *limit_events(before, after, about),
    ]
    if new.of_command or new.state == old_state or not is_decided(CommandState(new.state)):
        return overdue
    return [DomainEvent("Command Completed", detail), *overdue]


def catalogue_events(kind: str, large_bodies: LargeBodies) -> EventsOf:
    """Return a function for the changes of a catalogue table. `kind` is `Location` or `Tariff`.

    It returns `Location Added`, `Location Changed` (with `changes`) and `Location Removed`, or the same for
    tariffs. If only statuses of EVSEs changed, the changes of many locations are published as one `EVSE
    Statuses Changed`, without the locations. An object counts as removed when its item is marked
    (`removed_at`), not when the item expires.
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
        raise TypeError("a location or tariff is not stored as a JSON object")
    return value
