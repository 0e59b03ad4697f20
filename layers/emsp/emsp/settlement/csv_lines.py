"""Write CSV files for spreadsheets.

They are in UTF-8, with CRLF and a decimal dot. No text can act as a formula.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import DIGITS_AT_MOST, text
from emsp.pricing.read_tariff import word

BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""The first character of a file. Without it Excel does not read the file as UTF-8."""

_FORMULA: Final = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""The characters with which a formula begins, also in full width (OWASP, CSV Injection)."""
_CELL: Final = "(?:^|(?<=[;,\t\r\n|]))"
_CELL_BEGINS: Final = re.compile(f'{_CELL}(?="*{_FORMULA})')
"""The positions where a cell may begin.

A spreadsheet in a country with decimal commas separates cells by `;`, and then ignores quotes in the middle
of a line.
"""
_MARKED: Final = re.compile(f"{_CELL}'(?=\"*{_FORMULA})")


@dataclass(frozen=True)
class Number:
    """A number that we computed. Unlike a text it may begin with a minus."""

    text: str


type Cell = str | Number | None


def exact_number(value: Fraction | None) -> Number | None:
    """Return the number with all its digits, or None for an empty cell."""
    return None if value is None else Number(text(value, DIGITS_AT_MOST))


def texts_in(value: JsonObject, *names: str) -> Iterator[str]:
    """Return the cells of these members of an object, as texts."""
    return (word(value.get(name)) for name in names)


def numbers_in(value: JsonObject, *names: str) -> Iterator[Number | None]:
    """Return the cells of these members of an object, which are numbers that we stored."""
    return (None if value.get(name) is None else Number(str(value[name])) for name in names)


def count_of(value: int) -> Number:
    return Number(str(value))


def line(cells: Iterable[Cell]) -> str:
    """Return a line of a file, with its line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_written(each) for each in cells])
    return out.getvalue()


def heading(columns: Sequence[str]) -> str:
    """Return the first line of a file: the byte order mark and the names of the columns."""
    return BYTE_ORDER_MARK + line(columns)


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Number):
        return cell.text
    return _CELL_BEGINS.sub("'", cell)


def text_in(cell: str) -> str:
    """Return the text from which we wrote this cell."""
    return _MARKED.sub("", cell)
