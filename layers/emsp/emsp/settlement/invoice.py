"""Read a CPO's invoice: a CSV file with the ids of CDRs and their amounts."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from emsp.pricing.amounts import DIGITS_AT_MOST, ZERO, added_up, text
from emsp.settlement.csv_lines import text_in
from emsp.settlement.decimal_marks import DecimalMark, DecimalMarks, GivenMarks, UnreadableNumber
from emsp.settlement.written_amount import WrittenAmount, currencies_named, written_amount

IDS: Final = ("cdrid", "id", "cdr")
WITH_VAT: Final = ("inclvat", "amount", "total")
WITHOUT_VAT: Final = ("exclvat",)
DELIMITERS: Final = ",;\t|"
LONGEST_LINE: Final = 10_000
ROWS_AT_MOST: Final = 200_000
"""The largest number of rows. All are in memory, because each may show the decimal mark of the others."""

_WITH_OR_WITHOUT: Final = re.compile(
    r"(?:amount|total|price)?(incl|excl)(?:uding|usive|udes)?(?:of)?(?:vat|gst|tax)"
)
_IN_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]{1,4})[)\]]\s*$")
_TOTAL: Final = re.compile(r"(?:grand |sub)?-?totals?:?|sum|summe|gesamt", re.IGNORECASE)
_EXCEL_TEXT: Final = re.compile('="([^"]*)"')


class InvalidInvoice(ValueError):
    """The file is no list of CDRs. The message says what the file must contain."""


@dataclass(frozen=True)
class InvoiceRow:
    """A row of an invoice. `line` is its line number; the heading is line 1.

    An amount is None if its cell is empty. If an amount can't be read, both are None, and `unreadable` says
    why.
    """

    line: int
    country_code: str
    party_id: str
    cdr_id: str
    excl_vat: Fraction | None
    incl_vat: Fraction | None
    unreadable: str = ""
    currencies: frozenset[str] | None = None
    """The possible currencies of the amounts, or None if the row names none."""
    invoice_id: str = ""
    """The id of OCPI's Invoice Reconciliation record. It is empty for a CSV file."""


@dataclass(frozen=True)
class _Columns:
    """The position of each column, and the currency that the headings of the amounts name."""

    cdr_id: int
    country_code: int | None
    party_id: int | None
    currency: int | None
    amounts: tuple[int | None, int | None]
    """The positions of the amount without VAT and of the amount with VAT."""
    currencies: tuple[frozenset[str], ...]


def read_invoice(lines: Iterable[str], decimal: DecimalMark | None = None) -> list[InvoiceRow]:
    """Return the rows that have an id or an amount. Rows with totals are left out.

    Columns are found by name, in any order and case: `cdr_id`, `incl_vat` (or `amount`), `excl_vat`,
    `currency`, and, for a file of several CPOs, `country_code` and `party_id`. `decimal` is the decimal mark
    of the amounts. If it is None, the amounts have to show it.

    Raises InvalidInvoice.
    """
    text = _short(lines)
    heading_line, heading, delimiters = _heading(text)
    delimiter, columns = _columns(heading, delimiters)
    try:
        rows = [
            (number, row)
            for number, row in enumerate(_bounded(csv.reader(text, delimiter=delimiter)), heading_line + 1)
            if any(_cell(row, each) for each in (columns.cdr_id, *columns.amounts))
        ]
    except csv.Error as error:
        raise InvalidInvoice(f"it is not a CSV file: {error}") from error
    amounts = [[written_amount(_cell(row, each)) for each in columns.amounts] for _, row in rows]
    written = (each for both in amounts for each in both if each.text)
    marks = GivenMarks(decimal) if decimal else DecimalMarks.of(written)
    return _without_totals(
        [_row(number, row, both, columns, marks) for (number, row), both in zip(rows, amounts, strict=True)]
    )


def _heading(lines: Iterator[str]) -> tuple[int, str, str]:
    """Return the number and the text of the line with the headings, and the possible delimiters.

    Raises InvalidInvoice.
    """
    delimiters = DELIMITERS
    for number, each in enumerate(lines, 1):
        if each.casefold().startswith("sep="):  # Excel's line `sep=;` names the delimiter
            delimiters = each[4:5].strip('"\r\n') or DELIMITERS  # the csv module accepts none of these
        elif each.strip(f"{DELIMITERS} \r\n"):
            return number, each, delimiters
    return 1, "", delimiters


def _columns(heading: str, delimiters: str) -> tuple[str, _Columns]:
    """Return the delimiter and the columns of a heading. Raises InvalidInvoice."""
    for delimiter in delimiters:
        cells = next(csv.reader([heading], delimiter=delimiter), [])
        names, currencies = zip(*map(_name, cells), strict=True) if cells else ((), ())
        cdr_id, with_vat = _column(names, IDS), _column(names, WITH_VAT)
        amounts = _column(names, WITHOUT_VAT), with_vat
        if cdr_id is None or amounts == (None, None):
            continue
        if "inclvat" not in names and {"amount", "total"} <= {*names}:
            raise InvalidInvoice("it names amount and total: rename the one with VAT to incl_vat")
        twice = [each for each in (*IDS, *WITH_VAT, *WITHOUT_VAT) if names.count(each) > 1]
        if twice:
            raise InvalidInvoice(f"it names {twice[0]} twice: remove one")
        return delimiter, _Columns(
            cdr_id,
            _column(names, ("countrycode",)),
            _column(names, ("partyid",)),
            _column(names, ("currency",)),
            amounts,
            tuple(currencies[each] for each in amounts if each is not None and currencies[each]),
        )
    raise InvalidInvoice(
        "its first line must name the columns cdr_id, and incl_vat or excl_vat; it names "
        f"{', '.join(heading.split(max(DELIMITERS, key=heading.count)))[:200].strip()}"
    )


def _name(cell: str) -> tuple[str, frozenset[str] | None]:
    """Return the name of a column in lower case, without spaces and marks, and the currencies in its
    brackets.
    """
    bracketed = _IN_BRACKETS.search(cell)
    currencies = currencies_named(bracketed[1]) if bracketed else None
    name = re.sub(r"[\W_]+", "", cell[: bracketed.start()] if bracketed and currencies else cell).casefold()
    with_or_without = _WITH_OR_WITHOUT.fullmatch(name)
    return f"{with_or_without[1]}vat" if with_or_without else name, currencies or None


def _row(
    number: int,
    row: Sequence[str],
    amounts: Sequence[WrittenAmount],
    columns: _Columns,
    marks: DecimalMarks,
) -> InvoiceRow:
    country_code, party_id = (_cell(row, each).upper() for each in (columns.country_code, columns.party_id))
    found = InvoiceRow(number, country_code, party_id, _cell(row, columns.cdr_id), None, None)
    try:
        without_vat, with_vat = (marks.read(each) if each.text else None for each in amounts)
    except UnreadableNumber as error:
        return replace(found, unreadable=str(error))
    named = [
        each
        for each in (
            *columns.currencies,
            *(each.currencies for each in amounts),
            currencies_named(_cell(row, columns.currency)),
        )
        if each is not None
    ]
    if not named:
        return replace(found, excl_vat=without_vat, incl_vat=with_vat)
    currencies = frozenset.intersection(*named)
    if not currencies:
        return replace(found, unreadable="the row names two currencies, or one that ISO 4217 does not have")
    return replace(found, excl_vat=without_vat, incl_vat=with_vat, currencies=currencies)


def _without_totals(rows: list[InvoiceRow]) -> list[InvoiceRow]:
    """Return the rows without totals. A wrong total, and any other row without an id, becomes unreadable."""
    billed = [each for each in rows if each.cdr_id and not _TOTAL.fullmatch(each.cdr_id)]
    sums = [
        added_up(each.excl_vat or ZERO for each in billed),
        added_up(each.incl_vat or ZERO for each in billed),
    ]
    tolerance = Fraction(len(billed) + 2, 200)  # each amount may be rounded

    def adds_up(row: InvoiceRow) -> bool:
        pairs = zip((row.excl_vat, row.incl_vat), sums, strict=True)
        return all(one is None or abs(one - of_rows) <= tolerance for one, of_rows in pairs)

    readable = not any(each.unreadable for each in billed)
    totals = [each for each in rows if _TOTAL.fullmatch(each.cdr_id)]
    for each in rows:
        if not each.cdr_id and (each.unreadable or not adds_up(each)):
            message = "the row has an amount and no cdr_id, and is not the total"
            billed.append(replace(each, excl_vat=None, incl_vat=None, unreadable=message))
    if totals and readable and not adds_up(totals[-1]):
        added = " and ".join(text(each, DIGITS_AT_MOST) for each in sums if each)
        message = f"this total is not what the rows add up to: {added}"
        billed.append(replace(totals[-1], excl_vat=None, incl_vat=None, unreadable=message))
    return billed


def _bounded(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    for count, row in enumerate(rows):
        if count >= ROWS_AT_MOST:
            raise InvalidInvoice(f"it has more than {ROWS_AT_MOST} rows: split it")
        yield row


def _short(lines: Iterable[str]) -> Iterator[str]:
    try:
        for each in lines:
            if len(each) > LONGEST_LINE or "\0" in each:
                raise InvalidInvoice(
                    f"it has a line of more than {LONGEST_LINE} characters, or one that is not text"
                )
            yield each
    except UnicodeDecodeError as error:
        raise InvalidInvoice("it is not in UTF-8: save it in UTF-8") from error


def _column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _cell(row: Sequence[str], column: int | None) -> str:
    if column is None or column >= len(row):
        return ""
    cell = row[column].strip()
    return excel[1].strip() if (excel := _EXCEL_TEXT.fullmatch(cell)) else text_in(cell)
