"""Read a CPO's invoice, a CSV file with the ids of CDRs and their amounts."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.settlement.decimal_marks import DecimalMark, DecimalMarks, GivenMarks, UnreadableNumber
from emsp.settlement.spreadsheet import text_in

IDS: Final = ("cdr_id", "id", "cdr")
WITH_VAT: Final = ("incl_vat", "amount", "total")
WITHOUT_VAT: Final = ("excl_vat",)
DELIMITERS: Final = ",;\t|"
LONGEST_LINE: Final = 10_000
ROWS_AT_MOST: Final = 200_000
"""All rows are in memory at once, because each may show the decimal mark of the others."""


class InvalidInvoice(ValueError):
    """The file does not list CDRs. The message says what it must contain."""


@dataclass(frozen=True)
class InvoiceRow:
    """A row. `line` counts from 1, the heading. An amount is None if its cell is empty.

    If an amount can't be read, both are None and `unreadable` says why.
    """

    line: int
    country_code: str
    party_id: str
    cdr_id: str
    excl_vat: Fraction | None
    incl_vat: Fraction | None
    unreadable: str = ""
    invoice_id: str = ""
    """Set for an Invoice Reconciliation record, which has no amounts."""


def read_invoice(lines: Iterable[str], decimal: DecimalMark | None = None) -> list[InvoiceRow]:
    """Return the rows that have an id. Columns are found by name, in any order and case: `cdr_id`, `incl_vat`
    (or `amount`), `excl_vat`, and `country_code` and `party_id` if the file has several CPOs.

    `decimal` is the decimal mark of the amounts. Without it the amounts themselves show the mark.

    Raises InvalidInvoice.
    """
    text = iter(_short(lines))
    first = next(text, "")
    delimiter = max(DELIMITERS, key=first.count)
    names = [
        name.strip().casefold().replace(" ", "_")
        for name in next(csv.reader([first], delimiter=delimiter), [])
    ]
    id_column = _column(names, IDS)
    with_vat, without_vat = _column(names, WITH_VAT), _column(names, WITHOUT_VAT)
    if id_column is None or (with_vat is None and without_vat is None):
        raise InvalidInvoice(
            "its first line must name the columns cdr_id, and incl_vat or excl_vat; "
            f"it names {', '.join(names)[:200]}"
        )
    country_code, party_id = _column(names, ("country_code",)), _column(names, ("party_id",))
    columns = (id_column, country_code, party_id, without_vat, with_vat)
    try:
        cells = [
            (number, [_cell(row, column) for column in columns])
            for number, row in enumerate(_bounded(csv.reader(text, delimiter=delimiter)), 2)
            if _cell(row, id_column)
        ]
    except csv.Error as error:
        raise InvalidInvoice(f"it is no CSV: {error}") from error
    amounts = (amount for _, row in cells for amount in row[3:])
    marks = GivenMarks(decimal) if decimal else DecimalMarks.of(amounts)
    return [_row(number, row, marks) for number, row in cells]


def _row(number: int, cells: Sequence[str], marks: DecimalMarks) -> InvoiceRow:
    cdr_id, country_code, party_id, *amounts = cells
    try:
        without_vat, with_vat = (marks.read(amount) if amount else None for amount in amounts)
    except UnreadableNumber as error:
        return InvoiceRow(number, country_code.upper(), party_id.upper(), cdr_id, None, None, str(error))
    return InvoiceRow(number, country_code.upper(), party_id.upper(), cdr_id, without_vat, with_vat)


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
                    f"it has a line of more than {LONGEST_LINE} characters, or with none of text"
                )
            yield each
    except UnicodeDecodeError as error:
        raise InvalidInvoice("it is not in UTF-8: save it so") from error


def _column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _cell(row: Sequence[str], column: int | None) -> str:
    return text_in(row[column].strip()) if column is not None and column < len(row) else ""
