"""The files of a settlement, line by line: rows for charges, CDRs and disputed details.

No row names a driver. The ids of sessions and CDRs lead to the driver in the tables.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.pricing.amounts import ZERO, exact
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.merged_lines import merged_lines
from emsp.pricing.read_tariff import moment_of, word
from emsp.pricing.standing import Standing
from emsp.settlement.charge import SettledCharge
from emsp.settlement.settled_cdr import SettledCdr
from emsp.settlement.spreadsheet import Cell, Number, exact_number, line


class File(StrEnum):
    """The files of a settlement with rows about charges."""

    CHARGES = "charges.csv"
    CDRS = "cdrs.csv"
    DISPUTES = "disputes.csv"
    ODD_DATES = "odd_dates.csv"


COLUMNS: Final[dict[File, tuple[str, ...]]] = {
    File.CHARGES: (
        "charge",
        "country_code",
        "party_id",
        "session_id",
        "cdr_ids",
        "credit_cdr_ids",
        "location_id",
        "location_name",
        "evse_uid",
        "connector_id",
        "authorization_reference",
        "start_local",
        "end_local",
        "start_utc",
        "end_utc",
        "total_energy_kwh",
        "currency",
        "claimed_excl_vat",
        "claimed",
        "credits_excl_vat",
        "credits",
        "net_excl_vat",
        "gst",
        "to_pay",
        "undisputed_excl_vat",
        "undisputed",
        "disputed_excl_vat",
        "disputed",
        "vat_computed",
        "standing",
        "verdict",
        "computed_excl_vat",
        "computed",
        "difference_excl_vat",
        "difference",
        "likely_cause",
        "findings",
        "notes",
    ),
    File.CDRS: (
        "charge",
        "country_code",
        "party_id",
        "cdr_id",
        "session_id",
        "credit",
        "credit_reference_id",
        "credits_cdr",
        "invoice_reference_id",
        "end_local",
        "end_utc",
        "currency",
        "excl_vat",
        "incl_vat",
        "vat_computed",
        "standing",
        "verdict",
    ),
    File.DISPUTES: (
        "country_code",
        "party_id",
        "cdr_id",
        "session_id",
        "location_id",
        "location_name",
        "start_local",
        "currency",
        "about",
        "what",
        "claimed",
        "computed",
        "difference",
        "measured",
        "billed",
        "unit",
        "price",
        "vat_percent",
        "tariff_id",
        "tariff_last_updated",
        "tariff_element",
        "local_time",
        "says",
    ),
    File.ODD_DATES: (
        "charge",
        "country_code",
        "party_id",
        "cdr_id",
        "session_id",
        "start_date_time",
        "end_date_time",
        "counted_at_utc",
        "currency",
        "excl_vat",
        "incl_vat",
    ),
}


def rows_of(charge: SettledCharge, zone: ZoneInfo) -> dict[File, str]:
    """Return the lines of a charge for each file."""
    return {
        File.CHARGES: line(_charge(charge, zone)),
        File.CDRS: "".join(line(_cdr(charge, cdr, zone)) for cdr in charge.cdrs),
        File.DISPUTES: "".join(
            line(row)
            for cdr in charge.cdrs
            if cdr.standing is Standing.DISPUTED
            for row in _disputed(cdr, zone)
        ),
        File.ODD_DATES: "".join(line(_odd_date(charge, cdr)) for cdr in charge.cdrs if cdr.has_odd_date),
    }


def _charge(charge: SettledCharge, zone: ZoneInfo) -> Iterator[Cell]:
    first = charge.first
    claims = [each for each in charge.cdrs if not each.claimed.is_credit]
    crediting = [each for each in charge.cdrs if each.claimed.is_credit]
    check = first.check if claims else {}
    yield charge.name
    yield from _texts(first.body, "country_code", "party_id", "session_id")
    yield " ".join(word(each.body.get("id")) for each in claims)
    yield " ".join(word(each.body.get("id")) for each in crediting)
    yield from _texts(first.place, "id", "name", "evse_uid", "connector_id")
    yield from _texts(first.body, "authorization_reference")
    start, end = (moment_of(first.body.get(name)) for name in ("start_date_time", "end_date_time"))
    yield from (_local(start, zone), _local(end, zone), _utc(start), _utc(end))
    yield exact_number(exact(first.body.get("total_energy")))
    yield charge.currency
    yield from (*_both(charge.claimed), *_both(charge.credits))
    net = charge.net
    yield exact_number(net.excl_vat if net else None)
    yield exact_number(net.decisive - net.excl_vat if net else None)
    yield exact_number(net.decisive if net else None)
    yield from (*_both(charge.undisputed), *_both(charge.disputed))
    yield _flag(any(each.total is not None and each.total.computed for each in charge.cdrs))
    yield " ".join(dict.fromkeys(each.standing.value for each in claims if each.standing))
    yield " ".join(dict.fromkeys(each.verdict for each in claims))
    right = [_amount(check.get("computed"), name) for name in ("excl_vat", "incl_vat")]
    yield from map(exact_number, right)
    yield from _difference(first.total, right)
    yield _said(check.get("likely_cause"), "code")
    yield " ".join(dict.fromkeys(_said(each, "code") for each in objects_in(check, "findings")))
    yield " ".join(note.value for note in charge.notes)


def _cdr(charge: SettledCharge, cdr: SettledCdr, zone: ZoneInfo) -> Iterator[Cell]:
    end = moment_of(cdr.body.get("end_date_time"))
    yield charge.name
    yield from _texts(cdr.body, "country_code", "party_id", "id", "session_id")
    yield _flag(cdr.claimed.is_credit)
    yield from _texts(cdr.body, "credit_reference_id")
    yield cdr.credits_key or ""
    yield from _texts(cdr.body, "invoice_reference_id")
    yield from (_local(end, zone), _utc(end))
    yield cdr.claimed.currency
    yield from _both(cdr.total)
    yield _flag(cdr.total is not None and cdr.total.computed)
    yield cdr.standing.value if cdr.standing else ""
    yield cdr.verdict


def _odd_date(charge: SettledCharge, cdr: SettledCdr) -> Iterator[Cell]:
    yield charge.name
    yield from _texts(cdr.body, "country_code", "party_id", "id", "session_id")
    yield from _texts(cdr.body, "start_date_time", "end_date_time")
    yield _utc(moment_of(cdr.stored.end_date_time))
    yield cdr.claimed.currency
    yield from _both(cdr.total)


def _disputed(cdr: SettledCdr, zone: ZoneInfo) -> Iterator[list[Cell]]:
    """Yield the rows to quote to the CPO: the total, its parts, the findings, and the lines of the right
    price.
    """
    check = cdr.check
    whose: list[Cell] = [
        *_texts(cdr.body, "country_code", "party_id", "id", "session_id"),
        *_texts(cdr.place, "id", "name"),
        _local(moment_of(cdr.body.get("start_date_time")), zone),
        cdr.claimed.currency,
    ]
    cause = check.get("likely_cause")
    said = _said(cause, "message")
    open_price = check.get("computed") is None
    if open_price:
        said = f"computed is the most that it can cost. {said}".strip()
    right = check.get("most") if open_price else check.get("computed")
    for name in ("excl_vat", "incl_vat"):
        claimed, computed = getattr(cdr.total, name, None), _amount(right, name)
        if claimed is not None:
            yield [*whose, "TOTAL", name, *_against(claimed, computed), *[""] * 9, said]
    for part in objects_in(check, "parts"):
        claimed, computed = (
            _amount(part.get("claimed"), "excl_vat"),
            _amount(part.get("computed"), "excl_vat"),
        )
        if claimed is not None and claimed != (computed or ZERO):
            yield [*whose, "PART", word(part.get("part")), *_against(claimed, computed), *[""] * 10]
    for finding in objects_in(check, "findings"):
        amount = exact_number(exact(finding.get("amount")))
        yield [
            *whose,
            "FINDING",
            word(finding.get("code")),
            "",
            "",
            amount,
            *[""] * 9,
            _said(finding, "message"),
        ]
    for each in merged_lines([*objects_in(check, "lines")]):
        yield [*whose, "LINE", word(each.get("part")), *_line(each)]


def _line(value: JsonObject) -> Iterator[Cell]:
    tariff = value.get("tariff")
    of = tariff if isinstance(tariff, dict) else {}
    yield from ("", _number(value, "excl_vat"), "", _number(value, "measured"), _number(value, "billed"))
    yield from (word(value.get("unit")), _number(value, "price"), _number(value, "vat"))
    yield from _texts(of, "id", "last_updated")
    yield from (_number(value, "element"), word(value.get("local_time")), word(value.get("because")))


def _number(value: JsonObject, name: str) -> Number | None:
    """Return a number that our own check has written."""
    told = value.get(name)
    return None if told is None else Number(str(told))


def _against(claimed: Fraction, computed: Fraction | None) -> list[Cell]:
    difference = None if computed is None else claimed - computed
    return [exact_number(each) for each in (claimed, computed, difference)]


def _amount(price: JsonValue, name: str) -> Fraction | None:
    return exact(price.get(name)) if isinstance(price, dict) else None


def _both(amount: ClaimedAmount | None) -> list[Cell]:
    """Return the amount without VAT and with VAT."""
    return [exact_number(each) for each in ((amount.excl_vat, amount.incl_vat) if amount else (None, None))]


def _difference(claimed: ClaimedAmount | None, right: list[Fraction | None]) -> list[Cell]:
    told = (claimed.excl_vat, claimed.incl_vat) if claimed else (None, None)
    apart = (
        None if mine is None or its is None else its - mine for its, mine in zip(told, right, strict=True)
    )
    return [exact_number(each) for each in apart]


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _said(value: JsonValue, name: str) -> str:
    return word(value.get(name)) if isinstance(value, dict) else ""


def _texts(value: JsonObject, *names: str) -> Iterator[str]:
    return (word(value.get(name)) for name in names)


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    """As spreadsheets read a time; none in the years that no time zone can be told in."""
    if moment is None or not 1900 <= moment.year <= 9000:
        return ""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""
