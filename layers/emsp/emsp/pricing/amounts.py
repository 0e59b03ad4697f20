"""Numbers and amounts, exact to the end: fractions inside, decimal texts outside."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import Final

from emsp.ocpi.json_text import JsonObject

DIGITS_AT_MOST: Final = 40
LARGEST_EXPONENT: Final = 15
"""A number with more digits, or of more than a thousand billions, is no quantity of anything here."""

_TOO_LARGE: Final = 10**LARGEST_EXPONENT
_CONTEXT: Final = Context(prec=120, rounding=ROUND_HALF_UP)

ZERO: Final = Fraction(0)


def exact(value: object) -> Fraction | None:
    """The number that `value` says, also as a string ("12.50"); None for anything else, NaN and 1e999 too."""
    if type(value) is int:
        return Fraction(value) if abs(value) < _TOO_LARGE else None
    number = value if isinstance(value, Decimal) else _decimal(value)
    if number is None or not number.is_finite() or len(str(number)) > DIGITS_AT_MOST + 4:
        return None
    return Fraction(number) if -DIGITS_AT_MOST < number.adjusted() < LARGEST_EXPONENT else None


def _decimal(value: object) -> Decimal | None:
    # A float comes from an invocation's payload, and means what it is written as.
    written = repr(value) if isinstance(value, float) else value
    if not isinstance(written, str) or "_" in written:
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def less(one: Fraction, other: Fraction) -> bool:
    """one < other. Fraction's own comparison goes through abstract classes and takes eight times as long."""
    return one.numerator * other.denominator < other.numerator * one.denominator


def added_up(numbers: Iterable[Fraction]) -> Fraction:
    """Their sum. Most have one of few denominators, and those are added as whole numbers."""
    numerators: dict[int, int] = {}
    for number in numbers:
        numerator, denominator = number.as_integer_ratio()
        numerators[denominator] = numerators.get(denominator, 0) + numerator
    return sum((Fraction(above, below) for below, above in numerators.items()), ZERO)


def plain(number: Fraction, places: int = 10) -> Decimal:
    """`number` as a decimal: all its digits where they are at most `places`, else rounded, halves up."""
    if number.denominator == 1:
        return Decimal(number.numerator).normalize(_CONTEXT)
    quotient = _CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))
    rounded = quotient.quantize(_quantum(places), context=_CONTEXT)
    return rounded.normalize(_CONTEXT) if rounded else Decimal(0)


@cache
def _quantum(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def text(number: Fraction, places: int = 10) -> str:
    """As `plain`, written without an exponent: `12.5`."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{plain(number, places):f}"


@dataclass(frozen=True, slots=True)
class Amount:
    """Money without and with VAT, not rounded."""

    excl_vat: Fraction = ZERO
    incl_vat: Fraction = ZERO

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.excl_vat + other.excl_vat, self.incl_vat + other.incl_vat)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.excl_vat - other.excl_vat, self.incl_vat - other.incl_vat)

    def as_json(self) -> JsonObject:
        """`{"excl_vat": "12.5", "incl_vat": "14.75"}`: decimal strings, of at most ten places."""
        return {"excl_vat": text(self.excl_vat), "incl_vat": text(self.incl_vat)}


NOTHING: Final = Amount()


def total_of(amounts: Iterable[Amount]) -> Amount:
    """What they come to together."""
    listed = list(amounts)
    return Amount(
        added_up(amount.excl_vat for amount in listed), added_up(amount.incl_vat for amount in listed)
    )


def lower(one: Amount, other: Amount) -> Amount:
    """The lower of each of both."""
    return Amount(_lesser(one.excl_vat, other.excl_vat), _lesser(one.incl_vat, other.incl_vat))


def higher(one: Amount, other: Amount) -> Amount:
    """The higher of each of both."""
    return Amount(_greater(one.excl_vat, other.excl_vat), _greater(one.incl_vat, other.incl_vat))


def _lesser(one: Fraction, other: Fraction) -> Fraction:
    return other if less(other, one) else one


def _greater(one: Fraction, other: Fraction) -> Fraction:
    return other if less(one, other) else one
