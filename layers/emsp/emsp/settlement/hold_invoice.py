"""Hold a CPO's invoice against a month as settled: matched, different, missing, unknown, twice."""

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from emsp.invocation import InvalidInvocation, ReceivingParty
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import object_key
from emsp.pricing.amounts import DIGITS_AT_MOST, ZERO, exact, text
from emsp.settlement.decimal_marks import DecimalMark
from emsp.settlement.files import File
from emsp.settlement.invoice import InvalidInvoice, InvoiceRow, read_invoice
from emsp.settlement.spreadsheet import Cell, Number, exact_number, heading, line, text_in
from emsp.stores.settlements import INVOICES, NewFile, NoSuchFile, Settlements

LARGEST_BYTES: Final = 30_000_000
COLUMNS: Final = (
    "line",
    "country_code",
    "party_id",
    "cdr_id",
    "outcome",
    "currency",
    "claimed_excl_vat",
    "invoiced_excl_vat",
    "claimed_incl_vat",
    "invoiced_incl_vat",
    "difference",
    "standing",
    "verdict",
    "says",
)


class InvoicedCpo(ReceivingParty):
    """The CPO whose invoice it is."""


class Outcome(StrEnum):
    """What a row of an invoice, or a CDR that has none, comes to."""

    MATCHED = "MATCHED"
    DIFFERENT = "DIFFERENT"
    UNREADABLE = "UNREADABLE"
    TWICE = "TWICE"
    UNKNOWN = "UNKNOWN"
    MISSING = "MISSING"


@dataclass(frozen=True)
class Claimed:
    """A CDR of the month as cdrs.csv has it."""

    country_code: str
    party_id: str
    cdr_id: str
    currency: str
    excl_vat: Fraction | None
    incl_vat: Fraction | None
    standing: str
    verdict: str

    @property
    def key(self) -> str:
        return object_key(self.country_code, self.party_id, self.cdr_id)

    @property
    def decisive(self) -> Fraction:
        return (self.excl_vat if self.incl_vat is None else self.incl_vat) or ZERO


@dataclass
class _Held:
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    money: dict[Outcome, Fraction] = field(default_factory=lambda: dict.fromkeys(Outcome, ZERO))
    difference: Fraction = ZERO

    def add(self, outcome: Outcome, amount: Fraction) -> None:
        self.counts[outcome] += 1
        self.money[outcome] += amount


@dataclass(frozen=True)
class HoldInvoice:
    """The use case. `ended_at` tells when a CDR of another month ended (None: there is no such CDR);
    `tolerance` is by how much an amount may differ. Raises InvalidInvocation, StoreUnavailable.
    """

    settlements: Settlements
    ended_at: Callable[[str], str | None]
    tolerance: Decimal

    def find(self, invoice_s3: str) -> str:
        """The key of the file, which is there and not too large. Only our own bucket is looked into."""
        bucket, _, key = invoice_s3.removeprefix("s3://").partition("/")
        if bucket != self.settlements.bucket or not key.startswith(INVOICES):
            raise InvalidInvocation(
                f"invoice_s3 must be s3://{self.settlements.bucket}/{INVOICES}...: put the file there"
            )
        try:
            size = self.settlements.size(key)
        except NoSuchFile as error:
            raise InvalidInvocation(f"{error}: put the invoice there first") from error
        if size > LARGEST_BYTES:
            raise InvalidInvocation(
                f"{invoice_s3} has {size} bytes, of which {LARGEST_BYTES} are read: split it"
            )
        return key

    def __call__(
        self,
        key: str,
        cpo: InvoicedCpo | None,
        month: str,
        manifest: Any,  # noqa: ANN401
        decimal: DecimalMark | None = None,
    ) -> JsonObject:
        """What it comes to in short, and the key of the file that says it row by row.

        `decimal` is the decimal mark of the invoice's amounts, where the caller knows it.
        """
        invoice_s3 = f"s3://{self.settlements.bucket}/{key}"
        try:
            with self.settlements.lines(key) as lines:
                rows = read_invoice(lines, decimal)
        except InvalidInvoice as error:
            raise InvalidInvocation(f"{invoice_s3}: {error}") from error
        with self.settlements.lines(manifest["files"][File.CDRS.value]["key"]) as lines:
            claimed = {each.key: each for each in _claimed(lines)}
        parties = _parties(rows, cpo, claimed)
        held, name = _Held(), f"invoice-{hashlib.sha256(key.encode()).hexdigest()[:12]}.csv"
        with NewFile() as file:
            file.write(heading(COLUMNS))
            for cells in self._rows(rows, parties, claimed, held):
                file.write(line(cells))
            written = self.settlements.write(month, manifest["settlement"], name, file)
        return {
            "invoice_s3": invoice_s3,
            "cpos": [*sorted({f"{country_code}*{party_id}" for country_code, party_id in parties})],
            **{
                outcome.value.lower(): {
                    "count": held.counts[outcome],
                    "amount": text(held.money[outcome], DIGITS_AT_MOST),
                }
                for outcome in Outcome
            },
            "difference": text(held.difference, DIGITS_AT_MOST),
            "file": {"key": written.key, "bytes": written.bytes, "sha256": written.sha256},
        }

    def _rows(
        self,
        rows: list[InvoiceRow],
        parties: list[tuple[str, str]],
        claimed: dict[str, Claimed],
        held: _Held,
    ) -> Iterator[list[Cell]]:
        seen: set[str] = set()
        for row in rows:
            whose = [(row.country_code, row.party_id)] if row.country_code and row.party_id else parties
            keys = [object_key(*party, row.cdr_id) for party in whose]
            key = next((each for each in keys if each in claimed), keys[0])
            outcome, says = self._outcome(row, key, claimed.get(key), seen)
            seen.add(key)
            asked = (row.excl_vat if row.incl_vat is None else row.incl_vat) or ZERO
            held.add(outcome, asked)
            yield _cells(row, claimed.get(key), outcome, says, held)
        for key, cdr in sorted(claimed.items()):
            if key not in seen and (cdr.country_code.upper(), cdr.party_id.upper()) in parties:
                held.add(Outcome.MISSING, cdr.decisive)
                yield _cells(None, cdr, Outcome.MISSING, "the invoice does not have this CDR", held)

    def _outcome(self, row: InvoiceRow, key: str, cdr: Claimed | None, seen: set[str]) -> tuple[Outcome, str]:
        if key in seen:
            return Outcome.TWICE, "the invoice has this CDR in an earlier row"
        if row.excl_vat is None and row.incl_vat is None:
            return Outcome.UNREADABLE, row.unreadable or "the row has no amount"
        if cdr is None:
            ended = self.ended_at(key)
            return Outcome.UNKNOWN, (
                f"this CDR ended at {ended}, in another month or since this one was settled"
                if ended
                else "no such CDR was ever pushed"
            )
        pairs = [(row.excl_vat, cdr.excl_vat), (row.incl_vat, cdr.incl_vat)]
        both = [(one, other) for one, other in pairs if one is not None and other is not None]
        if not both:
            return Outcome.DIFFERENT, "one is with VAT and the other without: there is nothing to compare"
        if any(abs(one - other) > self.tolerance for one, other in both):
            return Outcome.DIFFERENT, "the CDR claims another amount"
        return Outcome.MATCHED, ""


def _cells(
    row: InvoiceRow | None, cdr: Claimed | None, outcome: Outcome, says: str, held: _Held
) -> list[Cell]:
    difference = _difference(row, cdr) if outcome is Outcome.DIFFERENT else None
    held.difference += difference or ZERO
    return [
        Number(str(row.line)) if row else None,
        cdr.country_code if cdr else row.country_code if row else "",
        cdr.party_id if cdr else row.party_id if row else "",
        cdr.cdr_id if cdr else row.cdr_id if row else "",
        outcome.value,
        cdr.currency if cdr else "",
        exact_number(cdr.excl_vat if cdr else None),
        exact_number(row.excl_vat if row else None),
        exact_number(cdr.incl_vat if cdr else None),
        exact_number(row.incl_vat if row else None),
        exact_number(difference),
        cdr.standing if cdr else "",
        cdr.verdict if cdr else "",
        says,
    ]


def _difference(row: InvoiceRow | None, cdr: Claimed | None) -> Fraction | None:
    """Invoiced less claimed, with VAT where both tell it."""
    if row is None or cdr is None:
        return None
    if row.incl_vat is not None and cdr.incl_vat is not None:
        return row.incl_vat - cdr.incl_vat
    if row.excl_vat is not None and cdr.excl_vat is not None:
        return row.excl_vat - cdr.excl_vat
    return None


def _claimed(lines: Iterator[str]) -> Iterator[Claimed]:
    for row in csv.DictReader(lines):
        yield Claimed(
            country_code=text_in(row["country_code"]),
            party_id=text_in(row["party_id"]),
            cdr_id=text_in(row["cdr_id"]),
            currency=text_in(row["currency"]),
            excl_vat=exact(row["excl_vat"]),
            incl_vat=exact(row["incl_vat"]),
            standing=row["standing"],
            verdict=row["verdict"],
        )


def _parties(
    rows: list[InvoiceRow], cpo: InvoicedCpo | None, claimed: dict[str, Claimed]
) -> list[tuple[str, str]]:
    """The CPOs whose CDRs the invoice must have: those that are told, else the one that has the ids."""
    if cpo is not None:
        return [(cpo.country_code.upper(), cpo.party_id.upper())]
    told = {(row.country_code, row.party_id) for row in rows if row.country_code and row.party_id}
    if told:
        return sorted(told)
    ids = {row.cdr_id.upper() for row in rows}
    found = {
        (each.country_code.upper(), each.party_id.upper())
        for each in claimed.values()
        if each.cdr_id.upper() in ids
    }
    if len(found) != 1:
        raise InvalidInvocation(
            'its ids do not tell whose invoice it is: give "cpo", or the columns country_code and party_id'
        )
    return [*found]
