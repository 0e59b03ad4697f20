"""Find out whether the numbers in a CPO's file have a decimal comma or a decimal dot. It is never guessed.

`1.000` means one in some countries and a thousand in others. A number with only one meaning shows the decimal
mark of the file, and the other numbers are read with it. If no number shows it, the caller has to give it.
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
"""A number with groups of thousands, or of Indian lakhs and crores: `1,234,567` or `12,34,567`."""


class UnreadableNumber(ValueError):
    """The text is not a number, or has two meanings. The message says what to do."""


@dataclass(frozen=True)
class DecimalMarks:
    """The decimal mark of the numbers of a file. It is None if no number shows it."""

    mark: DecimalMark | None

    @classmethod
    def of(cls, amounts: Iterable[WrittenAmount]) -> "DecimalMarks":
        """Find the mark that the numbers among `amounts` show."""
        marks = {mark for each in amounts for mark in [_certain_mark(each.number)] if mark}
        return cls(marks.pop() if len(marks) == 1 else None)

    def read(self, amount: WrittenAmount) -> Fraction:
        """Return the number in `amount`. Raises UnreadableNumber."""
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
    """The decimal mark that the caller gave. A number with another mark is rejected."""

    def read(self, amount: WrittenAmount) -> Fraction:
        by_mark = _values(amount.number)
        if self.mark not in by_mark:
            raise UnreadableNumber(
                f"{amount.text[:40]!r} is not a number with the decimal mark {self.mark!r}"
            )
        return amount.sign * by_mark[self.mark]


def _certain_mark(number: str) -> DecimalMark | None:
    """Return the decimal mark if `number` has only one meaning. Otherwise return None."""
    possible = [*_values(number)]
    return possible[0] if len(possible) == 1 else None


def _values(number: str) -> dict[DecimalMark, Fraction]:
    """Return the value of `number` for each decimal mark with which it is valid."""
    by_mark = {mark: _value(number, mark) for mark in _MARKS}
    return {mark: value for mark, value in by_mark.items() if value is not None}


def _value(number: str, mark: DecimalMark) -> Fraction | None:
    """Return the value of `number` if `mark` is the decimal mark and the other mark separates groups.

    Return None if it is not valid that way.
    """
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
