"""Write lines of CSV files for spreadsheets.

They are in UTF-8 with CRLF and a decimal dot, and no text is a formula for a spreadsheet.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.pricing.amounts import DIGITS_AT_MOST, text

BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""The first character of a file. Without it, Excel does not read the file as UTF-8."""

_FORMULA: Final = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""The characters that begin a formula in a spreadsheet, also in full width (OWASP, CSV Injection)."""
_CELL: Final = "(?:^|(?<=[;,\t\r\n|]))"
_CELL_BEGINS: Final = re.compile(f'{_CELL}(?="*{_FORMULA})')
"""The positions where a text may begin a cell. A spreadsheet for a country with decimal commas separates
cells by `;`, and then ignores our quotes in the middle of a line.
"""
_MARKED: Final = re.compile(f"{_CELL}'(?=\"*{_FORMULA})")


@dataclass(frozen=True)
class Number:
    """A number that we computed. It may begin with a minus; a text may not."""

    text: str


type Cell = str | Number | None


def exact_number(value: Fraction | None) -> Number | None:
    """Return the number with all its digits, or None, which becomes an empty cell."""
    return None if value is None else Number(text(value, DIGITS_AT_MOST))


def count_of(value: int) -> Number:
    return Number(str(value))


def line(cells: Iterable[Cell]) -> str:
    """Return one line of a file, with its line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_written(each) for each in cells])
    return out.getvalue()


def heading(columns: Sequence[str]) -> str:
    """Return the first line of a file."""
    return BYTE_ORDER_MARK + line(columns)


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Number):
        return cell.text
    return _CELL_BEGINS.sub("'", cell)


def text_in(cell: str) -> str:
    """Return the original text of a text cell that we wrote."""
    return _MARKED.sub("", cell)
