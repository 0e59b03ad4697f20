"""The rows of the files of a settlement: for charges, for CDRs and for disputed CDRs.

No row has data about a driver. The tables lead from the ids of sessions and CDRs to the driver.
"""

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in
from emsp.pricing.amounts import ZERO, exact
from emsp.pricing.claim_status import ClaimStatus
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.merged_lines import merged_lines
from emsp.pricing.read_tariff import moment_of, word
from emsp.settlement.csv_lines import Cell, exact_number, line, numbers_in, texts_in
from emsp.settlement.dispute_case import dispute_id_of
from emsp.settlement.settled_cdr import SettledCdr
from emsp.settlement.settled_charge import SettledCharge
from emsp.settlement.written_times import local_text, utc_text


class File(StrEnum):
    """The files that have rows about charges."""

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
        "claim_status",
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
        "claim_status",
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
        "dispute_id",
        "dispute_state",
        "about",
        "what",
        "claimed_excl_vat",
        "claimed",
        "computed_excl_vat",
        "computed",
        "difference_excl_vat",
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

type Pair = tuple[Fraction | None, Fraction | None]
"""An amount without VAT and with VAT."""

UNKNOWN: Final[Pair] = (None, None)


def rows_of(charge: SettledCharge, zone: ZoneInfo) -> dict[File, str]:
    """Return the lines about a charge, for each file."""
    return {
        File.CHARGES: line(_charge(charge, zone)),
        File.CDRS: "".join(line(_cdr(charge, cdr, zone)) for cdr in charge.cdrs),
        File.DISPUTES: "".join(
            line(row)
            for cdr in charge.cdrs
            if cdr.claim_status is ClaimStatus.DISPUTED
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
    yield from texts_in(first.body, "country_code", "party_id", "session_id")
    yield " ".join(word(each.body.get("id")) for each in claims)
    yield " ".join(word(each.body.get("id")) for each in crediting)
    yield from texts_in(first.place, "id", "name", "evse_uid", "connector_id")
    yield from texts_in(first.body, "authorization_reference")
    start, end = (moment_of(first.body.get(name)) for name in ("start_date_time", "end_date_time"))
    yield from (local_text(start, zone), local_text(end, zone), utc_text(start), utc_text(end))
    yield exact_number(exact(first.body.get("total_energy")))
    yield charge.currency
    yield from (*_both(charge.claimed), *_both(charge.credits))
    net = charge.net
    yield exact_number(net.excl_vat if net else None)
    yield exact_number(net.decisive - net.excl_vat if net else None)
    yield exact_number(net.decisive if net else None)
    yield from (*_both(charge.undisputed), *_both(charge.disputed))
    yield _flag(any(each.total is not None and each.total.computed for each in charge.cdrs))
    yield " ".join(dict.fromkeys(each.claim_status.value for each in claims if each.claim_status))
    yield " ".join(dict.fromkeys(each.verdict for each in claims))
    claimed = (first.total.excl_vat, first.total.incl_vat) if first.total else UNKNOWN
    yield from _against(claimed, _pair(check.get("computed")))[2:]
    yield _text(check.get("likely_cause"), "code")
    yield " ".join(dict.fromkeys(_text(each, "code") for each in objects_in(check, "findings")))
    yield " ".join(note.value for note in charge.notes)


def _cdr(charge: SettledCharge, cdr: SettledCdr, zone: ZoneInfo) -> Iterator[Cell]:
    end = moment_of(cdr.body.get("end_date_time"))
    yield charge.name
    yield from texts_in(cdr.body, "country_code", "party_id", "id", "session_id")
    yield _flag(cdr.claimed.is_credit)
    yield from texts_in(cdr.body, "credit_reference_id")
    yield cdr.credits_key or ""
    yield from texts_in(cdr.body, "invoice_reference_id")
    yield from (local_text(end, zone), utc_text(end))
    yield cdr.claimed.currency
    yield from _both(cdr.total)
    yield _flag(cdr.total is not None and cdr.total.computed)
    yield cdr.claim_status.value if cdr.claim_status else ""
    yield cdr.verdict


def _odd_date(charge: SettledCharge, cdr: SettledCdr) -> Iterator[Cell]:
    yield charge.name
    yield from texts_in(cdr.body, "country_code", "party_id", "id", "session_id")
    yield from texts_in(cdr.body, "start_date_time", "end_date_time")
    yield utc_text(moment_of(cdr.stored.end_date_time))
    yield cdr.claimed.currency
    yield from _both(cdr.total)


def _disputed(cdr: SettledCdr, zone: ZoneInfo) -> Iterator[list[Cell]]:
    """Yield the rows about a disputed CDR, for a claim to the CPO.

    They are: the total, its parts, the findings, and the lines of the computed price. Each has an amount
    without VAT and one with VAT.
    """
    check = cdr.check
    whose: list[Cell] = [
        *texts_in(cdr.body, "country_code", "party_id", "id", "session_id"),
        *texts_in(cdr.place, "id", "name"),
        local_text(moment_of(cdr.body.get("start_date_time")), zone),
        cdr.claimed.currency,
        *((dispute_id_of(cdr.key), cdr.case.value) if cdr.case else ("", "")),
    ]
    cause = check.get("likely_cause")
    message = _text(cause, "message")
    open_price = check.get("computed") is None
    if open_price:
        message = f"computed is the most that it can cost. {message}".strip()
    right = _pair(check.get("most") if open_price else check.get("computed"))
    claimed = (cdr.total.excl_vat, cdr.total.incl_vat) if cdr.total else UNKNOWN
    yield [*whose, "TOTAL", "", *_against(claimed, right), *[""] * 9, message]
    for part in objects_in(check, "parts"):
        part_claimed, due = _pair(part.get("claimed")), _pair(part.get("computed"))
        if part_claimed[0] is not None and part_claimed[0] != (due[0] or ZERO):
            yield [*whose, "PART", word(part.get("part")), *_against(part_claimed, due), *[""] * 10]
    for finding in objects_in(check, "findings"):
        apart = exact(finding.get("amount"))
        with_vat = apart * right[1] / right[0] if apart is not None and right[0] and right[1] else None
        amounts: list[Cell] = ["", "", "", "", exact_number(apart), exact_number(with_vat)]
        yield [*whose, "FINDING", word(finding.get("code")), *amounts, *[""] * 9, _text(finding, "message")]
    for each in merged_lines([*objects_in(check, "lines")]):
        yield [*whose, "LINE", word(each.get("part")), *_line(each)]


def _line(value: JsonObject) -> Iterator[Cell]:
    of = as_object(value.get("tariff"))
    yield from ("", "", *numbers_in(value, "excl_vat", "incl_vat"), "", "")
    yield from numbers_in(value, "measured", "billed")
    yield from (word(value.get("unit")), *numbers_in(value, "price", "vat"))
    yield from texts_in(of, "id", "last_updated")
    yield from (*numbers_in(value, "element"), *texts_in(value, "local_time", "because"))


def _against(claimed: Pair, computed: Pair) -> list[Cell]:
    pairs = [*zip(claimed, computed, strict=True)]
    apart = [None if mine is None or right is None else mine - right for mine, right in pairs]
    return [exact_number(each) for each in (*claimed, *computed, *apart)]


def _pair(price: JsonValue) -> Pair:
    return _amount(price, "excl_vat"), _amount(price, "incl_vat")


def _amount(price: JsonValue, name: str) -> Fraction | None:
    return exact(as_object(price).get(name))


def _both(amount: ClaimedAmount | None) -> list[Cell]:
    """Return the cells of an amount: without VAT, and with VAT."""
    return [exact_number(each) for each in ((amount.excl_vat, amount.incl_vat) if amount else (None, None))]


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _text(value: JsonValue, name: str) -> str:
    return word(as_object(value).get(name))
