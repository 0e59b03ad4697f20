"""Compare a CPO's invoice with a settled month, CDR by CDR.

A row may match, differ, be repeated, or name an unknown CDR, and a CDR may have no row. Amounts are compared
without VAT and with VAT. If a CDR claims no amount with VAT, a computed one is used.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from emsp.invocation import InvalidInvocation, ReceivingParty
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import object_key
from emsp.pricing.amounts import DIGITS_AT_MOST, ZERO, exact, text
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, PAISA
from emsp.settlement.csv_files import File
from emsp.settlement.csv_lines import Cell, Number, exact_number, heading, line, text_in
from emsp.settlement.decimal_marks import DecimalMark
from emsp.settlement.invoice import InvalidInvoice, InvoiceRow, read_invoice
from emsp.settlement.invoice_records import read_records
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
    "difference_excl_vat",
    "difference",
    "vat_computed",
    "claim_status",
    "verdict",
    "says",
    "invoice_id",
)


class InvoicedCpo(ReceivingParty):
    """The CPO that sent the invoice."""


class Outcome(StrEnum):
    """The result for a row of the invoice, or for a CDR without a row."""

    MATCHED = "MATCHED"
    LISTED = "LISTED"
    """The row names the CDR, and has no amount to compare."""
    DIFFERENT = "DIFFERENT"
    NOT_COMPARABLE = "NOT_COMPARABLE"
    UNREADABLE = "UNREADABLE"
    TWICE = "TWICE"
    OTHER_CPO = "OTHER_CPO"
    UNKNOWN = "UNKNOWN"
    MISSING = "MISSING"
    SETTLED_OUT = "SETTLED_OUT"


@dataclass(frozen=True)
class Claimed:
    """A CDR of the month, from a row of cdrs.csv."""

    country_code: str
    party_id: str
    cdr_id: str
    currency: str
    excl_vat: Fraction | None
    incl_vat: Fraction | None
    vat_computed: bool
    credits_cdr: str
    claim_status: str
    verdict: str

    @property
    def key(self) -> str:
        return object_key(self.country_code, self.party_id, self.cdr_id)

    @property
    def party(self) -> tuple[str, str]:
        return self.country_code.upper(), self.party_id.upper()

    @property
    def vat(self) -> Fraction | None:
        """The ratio of the amount with VAT to the amount without VAT, or None if it is unknown."""
        return self.incl_vat / self.excl_vat if self.excl_vat and self.incl_vat else None

    @property
    def knows_vat(self) -> bool:
        """Whether the CDR, its tariff or a setting states a VAT rate."""
        return not self.vat_computed or self.incl_vat != self.excl_vat


@dataclass
class _Comparison:
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    money: dict[Outcome, Fraction] = field(default_factory=lambda: dict.fromkeys(Outcome, ZERO))
    difference: ClaimedAmount = NONE
    listed: dict[str, tuple[int, ClaimedAmount]] = field(default_factory=dict)
    """The number of CDRs and the sum of their claims, by `invoice_id`."""

    def add_listed(self, invoice_id: str, cdr: "Claimed") -> None:
        count, amount = self.listed.get(invoice_id, (0, NONE))
        claim = ClaimedAmount(cdr.excl_vat or ZERO, cdr.incl_vat or ZERO)
        self.listed[invoice_id] = (count + 1, amount.plus(claim))

    def add(self, outcome: Outcome, amount: Fraction) -> None:
        self.counts[outcome] += 1
        self.money[outcome] += amount

    def as_json(self) -> JsonObject:
        def amount(number: Fraction) -> str:
            return text(number, DIGITS_AT_MOST)

        return {
            **{
                outcome.value.lower(): {"count": self.counts[outcome], "amount": amount(self.money[outcome])}
                for outcome in Outcome
            },
            "difference_excl_vat": amount(self.difference.excl_vat),
            "difference": amount(self.difference.decisive),
            "invoices": [
                {
                    "invoice_id": invoice_id,
                    "cdrs": count,
                    "excl_vat": amount(claimed.excl_vat),
                    "incl_vat": amount(claimed.decisive),
                }
                for invoice_id, (count, claimed) in sorted(self.listed.items())
            ],
        }


@dataclass(frozen=True)
class CompareInvoice:
    """Compares invoices. Raises InvalidInvocation and StoreUnavailable.

    `ended_at` returns when a CDR of another month ended, or None if it was never pushed. Amounts that differ
    by at most `tolerance` are equal.
    """

    settlements: Settlements
    ended_at: Callable[[str], str | None]
    tolerance: Decimal

    def find(self, invoice_s3: str) -> str:
        """Return the S3 key of the invoice.

        Raises InvalidInvocation if there is no such file, if it is too large, or if it is in another bucket.
        """
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
            raise InvalidInvocation(f"{invoice_s3} has {size} bytes, the limit is {LARGEST_BYTES}: split it")
        return key

    def __call__(
        self,
        key: str,
        cpo: InvoicedCpo | None,
        month: str,
        manifest: Any,  # noqa: ANN401
        decimal: DecimalMark | None = None,
    ) -> JsonObject:
        """Return a summary, and the S3 key of a file with the result of each row.

        `decimal` is the decimal mark of the amounts, if the caller knows it. Raises InvalidInvocation if the
        file is no invoice.
        """
        invoice_s3 = f"s3://{self.settlements.bucket}/{key}"
        rows = self._read(key, decimal)
        with self.settlements.lines(manifest["files"][File.CDRS.value]["key"]) as lines:
            claimed = {each.key: each for each in _claimed(lines)}
        parties = _parties(rows, cpo, claimed)
        compared, name = _Comparison(), f"invoice-{hashlib.sha256(key.encode()).hexdigest()[:12]}.csv"
        with NewFile() as file:
            file.write(heading(COLUMNS))
            for cells in self._rows(rows, parties, claimed, compared):
                file.write(line(cells))
            written = self.settlements.write(month, manifest["settlement"], name, file)
        return {
            "invoice_s3": invoice_s3,
            "cpos": [*sorted({f"{country_code}*{party_id}" for country_code, party_id in parties})],
            **compared.as_json(),
            "file": {"key": written.key, "bytes": written.bytes, "sha256": written.sha256},
        }

    def _read(self, key: str, decimal: DecimalMark | None) -> list[InvoiceRow]:
        try:
            with self.settlements.lines(key) as lines:
                is_json = key.lower().endswith(".json")
                return read_records(lines) if is_json else read_invoice(lines, decimal)
        except InvalidInvoice as error:
            raise InvalidInvocation(f"s3://{self.settlements.bucket}/{key}: {error}") from error

    def _rows(
        self,
        rows: list[InvoiceRow],
        parties: list[tuple[str, str]],
        claimed: dict[str, Claimed],
        compared: _Comparison,
    ) -> Iterator[list[Cell]]:
        seen: set[str] = set()
        others = {each.cdr_id.upper(): key for key, each in claimed.items() if each.party not in parties}
        for row in rows:
            whose = [(row.country_code, row.party_id)] if row.country_code and row.party_id else parties
            keys = [object_key(*party, row.cdr_id) for party in whose]
            key = next((each for each in keys if each in claimed), others.get(row.cdr_id.upper(), keys[0]))
            cdr = claimed.get(key)
            if cdr is not None and cdr.party not in parties:
                outcome, says = Outcome.OTHER_CPO, f"this is a CDR of {'*'.join(cdr.party)}"
            else:
                outcome, says = self._outcome(row, key, cdr, seen)
                seen.add(key)
            if cdr is not None and outcome is Outcome.LISTED:
                compared.add_listed(row.invoice_id, cdr)
            compared.add(outcome, _asked(row, cdr))
            yield _cells(row, cdr, outcome, says, compared)
        settled_out = _settled_out(claimed.values(), seen)
        for key, cdr in sorted(claimed.items()):
            if key not in seen and cdr.party in parties:
                outcome, says = Outcome.MISSING, "the invoice does not have this CDR"
                if key in settled_out:
                    outcome, says = Outcome.SETTLED_OUT, "this CDR and its credit add up to 0"
                compared.add(outcome, cdr.incl_vat or ZERO)
                yield _cells(None, cdr, outcome, says, compared)

    def _outcome(self, row: InvoiceRow, key: str, cdr: Claimed | None, seen: set[str]) -> tuple[Outcome, str]:
        if not row.cdr_id:
            return Outcome.UNREADABLE, row.unreadable
        if key in seen:
            return Outcome.TWICE, "the invoice has this CDR in an earlier row"
        if row.excl_vat is None and row.incl_vat is None and not row.invoice_id:
            return Outcome.UNREADABLE, row.unreadable or "the row has no amount"
        if cdr is None:
            ended = self.ended_at(key)
            return Outcome.UNKNOWN, (
                f"this CDR ended at {ended}: in another month, or after this month was settled"
                if ended
                else "no such CDR was ever pushed"
            )
        return self._compared(row, cdr)

    def _compared(self, row: InvoiceRow, cdr: Claimed) -> tuple[Outcome, str]:
        if cdr.excl_vat is None or cdr.incl_vat is None:
            return Outcome.NOT_COMPARABLE, "the claim of the CDR can't be read"
        if row.invoice_id:
            return Outcome.LISTED, ""
        if row.currencies is not None and cdr.currency.upper() not in row.currencies:
            return Outcome.NOT_COMPARABLE, f"the CDR is in {cdr.currency}, the invoice is not"
        pairs = [(row.excl_vat, cdr.excl_vat), (row.incl_vat, cdr.incl_vat)]
        if all(one is None or abs(one - other) <= self.tolerance for one, other in pairs):
            return Outcome.MATCHED, ""
        if row.excl_vat is None and not cdr.knows_vat:
            return Outcome.NOT_COMPARABLE, (
                "the invoice has only the amount with VAT, and the VAT of the CDR is unknown: "
                "ask for excl_vat, or set GstPercent"
            )
        computed = " (computed, because the CDR states no incl_vat)" if cdr.vat_computed else ""
        return Outcome.DIFFERENT, f"the CDR claims another amount{computed}"


def _settled_out(claimed: Iterable[Claimed], seen: set[str]) -> set[str]:
    """Return the keys of CDRs that their credits reduce to 0, if the invoice lists neither them nor the
    credits.
    """
    together: dict[str, list[Claimed]] = {}
    for cdr in claimed:
        together.setdefault(cdr.credits_cdr or cdr.key, []).append(cdr)
    return {
        cdr.key
        for group in together.values()
        if len(group) > 1 and not any(cdr.key in seen for cdr in group) and _add_up_to_zero(group)
        for cdr in group
    }


def _add_up_to_zero(group: Sequence[Claimed]) -> bool:
    excl = [cdr.excl_vat for cdr in group if cdr.excl_vat is not None]
    incl = [cdr.incl_vat for cdr in group if cdr.incl_vat is not None]
    readable = len(excl) == len(incl) == len(group)
    return readable and max(abs(sum(excl, ZERO)), abs(sum(incl, ZERO))) <= PAISA


def _asked(row: InvoiceRow, cdr: Claimed | None) -> Fraction:
    """Return the invoiced amount with VAT.

    If the row has only an amount without VAT, the VAT of the CDR is added. For a row without amounts it is
    the claim of the CDR.
    """
    if row.invoice_id:
        return (cdr and cdr.incl_vat) or ZERO
    if row.incl_vat is not None or row.excl_vat is None:
        return row.incl_vat or ZERO
    return row.excl_vat * ((cdr and cdr.vat) or 1)


def _cells(
    row: InvoiceRow | None, cdr: Claimed | None, outcome: Outcome, says: str, compared: _Comparison
) -> list[Cell]:
    difference = _difference(row, cdr) if row and cdr and outcome is Outcome.DIFFERENT else None
    compared.difference = compared.difference.plus(difference or NONE)
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
        exact_number(difference.excl_vat if difference else None),
        exact_number(difference.incl_vat if difference else None),
        ("true" if cdr.vat_computed else "false") if cdr else "",
        cdr.claim_status if cdr else "",
        cdr.verdict if cdr else "",
        says,
        row.invoice_id if row else "",
    ]


def _difference(row: InvoiceRow, cdr: Claimed) -> ClaimedAmount:
    """Return the invoiced less the claimed amount. If the row has one amount, the VAT of the CDR gives the
    other.
    """
    vat, excl_vat, incl_vat = cdr.vat or Fraction(1), row.excl_vat, row.incl_vat
    if excl_vat is None:
        excl_vat = (incl_vat or ZERO) / vat
    if incl_vat is None:
        incl_vat = excl_vat * vat
    return ClaimedAmount(excl_vat - (cdr.excl_vat or ZERO), incl_vat - (cdr.incl_vat or ZERO))


def _claimed(lines: Iterator[str]) -> Iterator[Claimed]:
    for row in csv.DictReader(lines):
        yield Claimed(
            country_code=text_in(row["country_code"]),
            party_id=text_in(row["party_id"]),
            cdr_id=text_in(row["cdr_id"]),
            currency=text_in(row["currency"]),
            excl_vat=exact(row["excl_vat"]),
            incl_vat=exact(row["incl_vat"]),
            vat_computed=row["vat_computed"] == "true",
            credits_cdr=text_in(row["credits_cdr"]),
            claim_status=row["claim_status"],
            verdict=row["verdict"],
        )


def _parties(
    rows: list[InvoiceRow], cpo: InvoicedCpo | None, claimed: dict[str, Claimed]
) -> list[tuple[str, str]]:
    """Return the country_code and party_id of each CPO whose CDRs the invoice must contain.

    These are `cpo`, or the CPOs that the rows name, or the CPO of the CDRs. Raises InvalidInvocation if they
    show several CPOs, or none.
    """
    if cpo is not None:
        return [(cpo.country_code.upper(), cpo.party_id.upper())]
    named = {(row.country_code, row.party_id) for row in rows if row.country_code and row.party_id}
    if named:
        return sorted(named)
    ids = {row.cdr_id.upper() for row in rows}
    found = {
        (each.country_code.upper(), each.party_id.upper())
        for each in claimed.values()
        if each.cdr_id.upper() in ids
    }
    if len(found) != 1:
        raise InvalidInvocation(
            'its ids do not show whose invoice it is: give "cpo", or the columns country_code and party_id'
        )
    return [*found]
