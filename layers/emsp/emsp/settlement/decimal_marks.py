"""Read the numbers in a CPO's file. The file itself shows whether its decimal mark is a comma or a dot; it is
never guessed.

`1.000` means one in some countries and a thousand in others. A number with only one meaning is certain. Any
other number is read with the decimal mark of the certain numbers in the file, or with the caller's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from emsp.pricing.amounts import exact
from emsp.settlement.written_amount import WrittenAmount

type DecimalMark = Literal[".", ","]

_MARKS: Final[tuple[DecimalMark, ...]] = (".", ",")
_TURNED: Final = str.maketrans(".,", ",.")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}", re.ASCII)
"""Thousands, or the Indian lakhs and crores: `1,234,567` and `12,34,567`."""


class UnreadableNumber(ValueError):
    """The text is not a number, or it has two meanings. The message says which, and what to do."""


@dataclass(frozen=True)
class DecimalMarks:
    """The decimal mark of a file's numbers, or None if the file has no certain number."""

    mark: DecimalMark | None

    @classmethod
    def of(cls, amounts: Iterable[WrittenAmount]) -> "DecimalMarks":
        """Find the mark of all certain numbers among `amounts`."""
        marks = {mark for each in amounts for mark in [_certain_mark(each.number)] if mark}
        return cls(marks.pop() if len(marks) == 1 else None)

    def read(self, amount: WrittenAmount) -> Fraction:
        """Return the number. Raises UnreadableNumber."""
        by_mark, text = _values(amount.number), amount.text[:40]
        if not by_mark:
            raise UnreadableNumber(f"{text!r} is not a number")
        if len({*by_mark.values()}) == 1:
            return amount.sign * next(iter(by_mark.values()))
        if self.mark is None:
            raise UnreadableNumber(
                f"{text!r} may be a whole number or have decimals, and no other row shows which: "
                'give "decimal": "." or ","'
            )
        return amount.sign * by_mark[self.mark]


@dataclass(frozen=True)
class GivenMarks(DecimalMarks):
    """The decimal mark that the caller gave. A number with another mark is unreadable."""

    def read(self, amount: WrittenAmount) -> Fraction:
        by_mark = _values(amount.number)
        if self.mark not in by_mark:
            raise UnreadableNumber(
                f"{amount.text[:40]!r} is not a number with the decimal mark {self.mark!r}"
            )
        return amount.sign * by_mark[self.mark]


def _certain_mark(number: str) -> DecimalMark | None:
    """Return the only decimal mark with which `number` is valid, or None if it has no mark or both fit."""
    possible = [*_values(number)]
    return possible[0] if len(possible) == 1 else None


def _values(number: str) -> dict[DecimalMark, Fraction]:
    """Return the values of `number` with each decimal mark that fits."""
    by_mark = {mark: _value(number, mark) for mark in _MARKS}
    return {mark: value for mark, value in by_mark.items() if value is not None}


def _value(number: str, mark: DecimalMark) -> Fraction | None:
    """Return the value of `number` with this decimal mark and the other mark between groups, or None."""
    if mark == ",":
        number = number.translate(_TURNED)
    whole, dot, decimals = number.partition(".")
    if "," in whole and _GROUPED.fullmatch(whole) is None:
        return None
    if dot and not decimals.isdecimal():
        return None
    if whole.startswith("0") and "," in whole:
        return None
    return exact(number.replace(",", ""))
