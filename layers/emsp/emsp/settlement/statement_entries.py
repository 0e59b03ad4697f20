"""The statement of a driver for a month, as JSON and as rows of a CSV file. Without I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in
from emsp.pricing.amounts import exact, text, text_or_none
from emsp.pricing.read_tariff import moment_of, word
from emsp.retail.after_credits import by_rate
from emsp.retail.lines import RetailAmount
from emsp.retail.price import money_json
from emsp.retail.price_changes import PriceChange
from emsp.settlement.csv_lines import Cell, numbers_in, texts_in
from emsp.settlement.settled_cdr import SettledCdr
from emsp.settlement.written_times import local_text, utc_text

PLACE: Final = ("name", "address", "city", "state", "postal_code", "country")
TEXT_AT_MOST: Final = 300
COLUMNS: Final = (
    *("document_key", "entry", "country_code", "party_id", "cdr_id", "session_id", "credited_by"),
    *("start_local", "end_local", "location_id", *PLACE, "evse_uid", "connector_id", "kwh", "minutes"),
    *("currency", "plan_id", "plan_version", "line", "quantity", "unit", "price", "vat_percent"),
    *("excl_vat", "vat", "incl_vat"),
)


@dataclass(frozen=True)
class Visit:
    """A CDR, its location from the catalogue (or an empty object), and the time zone of the location."""

    cdr: SettledCdr
    location: JsonObject
    zone: ZoneInfo

    def as_json(self) -> JsonObject:
        body = self.cdr.body
        start, end = moment_of(body.get("start_date_time")), moment_of(body.get("end_date_time"))
        kwh = exact(body.get("total_energy"))
        return {
            "cdr": {name: _text(body, name) for name in ("country_code", "party_id", "id")},
            "session_id": _text(body, "session_id") or None,
            "start_date_time": utc_text(start),
            "start_local": local_text(start, self.zone),
            "end_date_time": utc_text(end),
            "end_local": local_text(end, self.zone),
            "location": self._place(),
            "kwh": text_or_none(kwh),
            "minutes": text(Fraction((end - start).total_seconds()) / 60, 2) if start and end else None,
            "currency": self.cdr.claimed.currency,
        }

    def _place(self) -> JsonObject:
        place = self.cdr.place
        return {
            **{name: _text(place, name) or None for name in ("id", "evse_uid", "connector_id")},
            **{name: _text(place, name) or _text(self.location, name) or None for name in PLACE},
        }


def charge_entry(visit: Visit, change: PriceChange) -> JsonObject:
    """Return the entry of a charge, before credits. If `cost` is null, `reasons` say why."""
    lines = change.decision.lines if change.price else ()
    return {**_entry(visit, change, lines, change.price), "reasons": [*change.decision.reasons]}


def credit_entry(visit: Visit, change: PriceChange, credited_by: Sequence[str]) -> JsonObject:
    """Return the entry for the credits of a charge in this month. `cost` is null if it is unknown."""
    lines = change.credit_lines
    return {**_entry(visit, change, lines, change.credited), "credited_by": [*credited_by]}


def _entry(
    visit: Visit, change: PriceChange, lines: Sequence[JsonValue], cost: RetailAmount | None
) -> JsonObject:
    return {
        **visit.as_json(),
        "plan": change.decision.plan,
        "lines": [*lines],
        "cost": money_json(cost),
        "vat_by_rate": _vat_by_rate(lines),
    }


def totals(entries: Iterable[JsonObject]) -> list[JsonValue]:
    """Return the sums of charges and of credits, one object for each currency."""
    lines: dict[str, list[JsonValue]] = {}
    costs: dict[str, RetailAmount] = {}
    for entry in entries:
        if entry["cost"] is not None:
            currency = word(entry["currency"])
            costs[currency] = costs.get(currency, RetailAmount()) + RetailAmount.read(entry["cost"])
            lines.setdefault(currency, []).extend(objects_in(entry, "lines"))
    return [
        {"currency": currency, **cost.as_json(), "vat_by_rate": _vat_by_rate(lines[currency])}
        for currency, cost in sorted(costs.items())
    ]


def _vat_by_rate(lines: Sequence[JsonValue]) -> list[JsonValue]:
    """Return the VAT of the lines, one object for each rate. `vat_percent` is null for lines with several
    rates.
    """
    rates = by_rate(tuple(lines)).items()
    return [
        {
            "vat_percent": text_or_none(rate),
            "excl_vat": text(money.excl_vat),
            "vat": text(money.vat),
        }
        for rate, money in sorted(rates, key=lambda each: (each[0] is None, each[0] or 0))
        if money.excl_vat or money.vat
    ]


def rows(document_key: str, kind: str, entry: JsonObject) -> Iterator[list[Cell]]:
    """Yield the rows of an entry, with the columns COLUMNS: one for each line, or one if it has no price."""
    cdr, place, plan = (as_object(entry.get(name)) for name in ("cdr", "location", "plan"))
    credited_by = entry.get("credited_by")
    begin: list[Cell] = [
        document_key,
        kind,
        *texts_in(cdr, "country_code", "party_id", "id"),
        *texts_in(entry, "session_id"),
        " ".join(map(word, credited_by)) if isinstance(credited_by, list) else "",
        *texts_in(entry, "start_local", "end_local"),
        *texts_in(place, "id", *PLACE, "evse_uid", "connector_id"),
        *numbers_in(entry, "kwh", "minutes"),
        *texts_in(entry, "currency"),
        *texts_in(plan, "id"),
        *numbers_in(plan, "version"),
    ]
    for line in [*objects_in(entry, "lines")] or [{}]:
        yield [
            *begin,
            *texts_in(line, "kind"),
            *numbers_in(line, "quantity"),
            *texts_in(line, "unit"),
            *numbers_in(line, "price", "vat_percent", "excl_vat", "vat", "incl_vat"),
        ]


def _text(value: JsonObject, name: str) -> str:
    return word(value.get(name))[:TEXT_AT_MOST]
