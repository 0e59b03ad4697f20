"""A charge as find_charges returns it. Numbers are decimal strings. Times are in UTC, with the local day."""

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from emsp.charges.claimed_cdr import claimed_cdr, small_cdr, vat_of
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.credible_times import Seen
from emsp.charges.gather_charge import GatheredCharge
from emsp.charges.overdue import Overdue
from emsp.commands.started_after_timeout import started_after_timeout
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, parse_json
from emsp.ocpi.session_status import ENDED, status_of
from emsp.pricing.amounts import exact, text_or_none
from emsp.pricing.claims import ClaimedAmount, read_claim
from emsp.pricing.local_time import local_time, zone_named
from emsp.pricing.net_to_pay import ClaimedCdr, Net, net_to_pay
from emsp.pricing.read_tariff import moment_of, word
from emsp.pushes.current_session import current_session
from emsp.retail.after_credits import net_retail
from emsp.retail.price_decision import Decision
from emsp.stores.cdrs import StoredCdr
from emsp.stores.command_records import CommandRecord
from emsp.stores.table import time_text

type ZoneOf = Callable[[JsonObject], str | None]

TEXT_AT_MOST: Final = 300
FINDINGS_AT_MOST: Final = 50
OF_CHECK: Final = (
    "signed_data",
    "verdict",
    "currency",
    "claimed",
    "computed",
    "least",
    "most",
    "difference",
    "parts",
    "likely_cause",
    "checked_at",
)


def charge_json(charge: GatheredCharge, zone_of: ZoneOf, cost: CostSoFar) -> JsonObject:
    """Return the charge as `{"session", "cost_so_far", "cdrs", "credits", "net", "notes", "command",
    "overdue"}`.

    A missing part is null. `retail` is added when it is decided. Raises StoreUnavailable.
    """
    session = current_session(charge.session) if charge.session else None
    bodies = [(cdr, small_cdr(cdr)) for cdr in charge.cdrs]
    whose = session if session is not None else next((body for _, body in bodies), None)
    zone = zone_named(zone_of(whose)) if whose is not None else None
    gst_percent = cost.gst_percent
    checks = [_kept_check(cdr) for cdr, _ in bodies]
    claimed = [
        claimed_cdr(cdr, body, check, gst_percent) for (cdr, body), check in zip(bodies, checks, strict=True)
    ]
    net = net_to_pay(claimed)
    entries = [
        (each.is_credit, _cdr(cdr, body, zone, check, (each, net.totals.get(each.key))))
        for (cdr, body), check, each in zip(bodies, checks, claimed, strict=True)
    ]
    return {
        "time_zone": zone.key if zone else None,
        "session": _session(session, zone, vat_of({}, gst_percent)) if session is not None else None,
        "cost_so_far": cost(session, Seen.of(charge.session)).as_json()
        if session is not None and charge.session is not None and not charge.cdrs
        else None,
        "cdrs": [each for credit, each in entries if not credit],
        "credits": [each for credit, each in entries if credit],
        **({"retail": retail} if (retail := _retail(charge, claimed, checks, net)) else {}),
        "net": {"currency": net.currency, **net.amount.as_json()} if net.amount else None,
        "notes": [note.value for note in net.notes],
        "command": _command(charge.command) if charge.command else None,
        "overdue": [*_overdue(charge, session)],
    }


def _session(value: JsonObject, zone: ZoneInfo | None, vat: Fraction) -> JsonObject:
    total = read_claim(value).total
    return {
        **_texts(value, "country_code", "party_id", "id", "status"),
        **_times(value, zone),
        "kwh": _number(value.get("kwh")),
        "currency": _text(value.get("currency")),
        "total_cost": total.with_vat(vat).as_json() if total else None,
        "token_uid": _token_uid(value),
        **_texts(value, "auth_method", "authorization_reference", "location_id", "evse_uid", "connector_id"),
        "last_updated": _utc(moment_of(value.get("last_updated"))),
    }


def _cdr(
    cdr: StoredCdr,
    value: JsonObject,
    zone: ZoneInfo | None,
    check: JsonObject,
    counted: tuple[ClaimedCdr, ClaimedAmount | None],
) -> JsonObject:
    claimed, total = counted
    claim, place = read_claim(value), value.get("cdr_location")
    where = as_object(place)
    parts: JsonObject = {
        part.value: amount.with_vat(claimed.vat).as_json() for part, amount in claim.parts.items()
    }
    return {
        **_texts(value, "country_code", "party_id", "id", "session_id", "credit_reference_id"),
        "credited_by": cdr.credited_by,
        **_times(value, zone),
        "total_energy": _number(value.get("total_energy")),
        "currency": _text(value.get("currency")),
        "total_cost": total.as_json() if total else None,
        "parts": parts,
        "token_uid": _token_uid(value),
        **_texts(value, "auth_method", "authorization_reference", "invoice_reference_id"),
        "location_id": _text(where.get("id")),
        **_texts(where, "evse_uid", "connector_id"),
        "received_at": _utc(cdr.received_at),
        "last_updated": _utc(moment_of(value.get("last_updated"))),
        "check": None if claimed.is_credit else _check(check),
    }


def _retail(
    charge: GatheredCharge, claimed: list[ClaimedCdr], checks: list[JsonObject], net: Net
) -> JsonObject | None:
    """Return what the driver pays.

    Return None if it is not decided for every CDR, or if the driver has no price plan.
    """
    if any(not check for each, check in zip(claimed, checks, strict=True) if not each.is_credit):
        return None
    decisions = {cdr.object_key: Decision.of_text(cdr.retail) for cdr in charge.cdrs if cdr.retail}
    return net_retail(decisions, net)


def _kept_check(cdr: StoredCdr) -> JsonObject:
    check = as_object(parse_json(cdr.check) if cdr.check else None)
    return {name: each for name, each in check.items() if name != "lines"}


def _check(value: JsonObject) -> JsonObject | None:
    """Return the check without its lines. check_cdr returns those."""
    if not value:
        return None
    findings = value.get("findings")
    listed = findings if isinstance(findings, list) else []
    return {
        **{name: value.get(name) for name in OF_CHECK},
        "findings": listed[:FINDINGS_AT_MOST],
        "findings_count": len(listed),
    }


def _command(record: CommandRecord) -> JsonObject:
    return {
        "command_id": record.command_id,
        "command": record.command,
        "state": record.state,
        "created_at": time_text(record.created_at),
        "decided_at": time_text(record.decided_at) if record.decided_at else None,
        "linked_by": record.linked_by or None,
    }


def _overdue(charge: GatheredCharge, session: JsonObject | None) -> list[JsonObject]:
    """Return the reports of watch_charges about things that have not come yet."""
    found: list[JsonObject] = []
    command, entries = charge.command, charge.session_overdue
    if entries is not None:
        found.append({"kind": entries.kind, "since": entries.since})
    if command and command.overdue and command.overdue_since == command.awaits_since:
        found.append({"kind": command.overdue, "since": command.overdue_since})
    over = session is not None and status_of(session) in ENDED
    if command and started_after_timeout(command) and not over:
        found.append({"kind": Overdue.SESSION_AFTER_TIMEOUT.value, "since": None})
    return found


def _times(value: JsonObject, zone: ZoneInfo | None) -> JsonObject:
    start, end = moment_of(value.get("start_date_time")), moment_of(value.get("end_date_time"))
    return {
        "start_date_time": _utc(start),
        "start_day": _day(start, zone),
        "end_date_time": _utc(end),
        "end_day": _day(end, zone),
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _day(moment: datetime | None, zone: ZoneInfo | None) -> str | None:
    local = local_time(moment, zone)
    return local.date().isoformat() if local else None


def _token_uid(value: JsonObject) -> str | None:
    return _text(as_object(value.get("cdr_token")).get("uid"))


def _texts(value: JsonObject, *names: str) -> JsonObject:
    return {name: _text(value.get(name)) for name in names}


def _text(value: JsonValue) -> str | None:
    return word(value)[:TEXT_AT_MOST] or None


def _number(value: JsonValue) -> str | None:
    return text_or_none(exact(value))
