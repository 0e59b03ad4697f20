"""A CPO's invoice as a CSV file: ids of CDRs and what is asked for each."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.charges.amounts import exact
from emsp.settlement.spreadsheet import text_in

IDS: Final = ("cdr_id", "id", "cdr")
WITH_VAT: Final = ("incl_vat", "amount", "total")
WITHOUT_VAT: Final = ("excl_vat",)
DELIMITERS: Final = ",;\t|"
LONGEST_LINE: Final = 10_000


class InvalidInvoice(ValueError):
    """The file is no table of CDRs; the message says what it must have."""


@dataclass(frozen=True)
class InvoiceRow:
    """A row; `line` counts from 1 with the heading. An amount is None where none can be read."""

    line: int
    country_code: str
    party_id: str
    cdr_id: str
    excl_vat: Fraction | None
    incl_vat: Fraction | None


def read_invoice(lines: Iterable[str]) -> Iterator[InvoiceRow]:
    """The rows that have an id. Columns are found by name, in any order and case: `cdr_id`; `incl_vat` (or
    `amount`), `excl_vat` or both; `country_code` and `party_id` where it is not one CPO's.

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
    try:
        for number, row in enumerate(csv.reader(text, delimiter=delimiter), 2):
            if cdr_id := _cell(row, id_column):
                yield InvoiceRow(
                    number,
                    _cell(row, country_code).upper(),
                    _cell(row, party_id).upper(),
                    cdr_id,
                    _amount(row, without_vat),
                    _amount(row, with_vat),
                )
    except csv.Error as error:
        raise InvalidInvoice(f"it is no CSV: {error}") from error


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


def _amount(row: Sequence[str], column: int | None) -> Fraction | None:
    """`1234.50`, `1,234.50` and `1234,50`, without currency."""
    cell = _cell(row, column)
    if "," in cell:
        cell = cell.replace(",", "") if "." in cell or cell.count(",") > 1 else cell.replace(",", ".")
    return exact(cell)
