"""Compare a settlement with the previous settlement of the same month."""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from emsp.pricing.amounts import ZERO, exact
from emsp.settlement.csv_lines import Cell, Number, exact_number

COLUMNS: Final = (
    "charge",
    "country_code",
    "party_id",
    "cdr_ids",
    "currency",
    "change",
    "to_pay_before",
    "to_pay_now",
    "to_pay_more",
)


class Change(StrEnum):
    """How the row of a charge differs from the previous settlement."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    GONE = "GONE"


@dataclass(frozen=True)
class _Row:
    digest: bytes
    whose: tuple[str, ...]
    to_pay: str


@dataclass(frozen=True)
class Changed:
    """A charge whose row differs."""

    charge: str
    change: Change
    whose: tuple[str, ...]
    before: str | None
    now: str | None

    @property
    def more(self) -> Fraction:
        """The amount to pay now, less the previous one."""
        return (exact(self.now) or ZERO) - (exact(self.before) or ZERO)

    def cells(self) -> list[Cell]:
        """Return the cells of the row, with the columns COLUMNS."""
        amounts = [Number(each) if each else None for each in (self.before, self.now)]
        return [self.charge, *self.whose, self.change.value, *amounts, exact_number(self.more)]


def compare_settlements(before: Iterable[str], now: Iterable[str]) -> Iterator[Changed]:
    """Yield the charges that differ.

    `before` and `now` are the lines of two files charges.csv. Only one of them is read into memory.
    """
    earlier = dict(_rows(before))
    for charge, row in _rows(now):
        known = earlier.pop(charge, None)
        if known is None:
            yield Changed(charge, Change.ADDED, row.whose, None, row.to_pay)
        elif known.digest != row.digest:
            yield Changed(charge, Change.CHANGED, row.whose, known.to_pay, row.to_pay)
    for charge, row in earlier.items():
        yield Changed(charge, Change.GONE, row.whose, row.to_pay, None)


def _rows(lines: Iterable[str]) -> Iterator[tuple[str, _Row]]:
    for row in csv.DictReader(lines):
        digest = hashlib.sha256(repr(sorted(row.items())).encode()).digest()
        whose = tuple(row[name] for name in ("country_code", "party_id", "cdr_ids", "currency"))
        yield row["charge"], _Row(digest, whose, row["to_pay"])
