"""Numbers and amounts, exact to the end: fractions inside, decimal texts outside."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject

DIGITS_AT_MOST: Final = 40
"""A number with more digits, or further from the decimal point, is no quantity of anything here."""

ZERO: Final = Fraction(0)


def exact(value: object) -> Fraction | None:
    """The number that `value` says, also as a string ("12.50"); None for anything else, NaN and 1e999 too."""
    if type(value) is int:
        return Fraction(value) if abs(value) < 10**DIGITS_AT_MOST else None
    if not isinstance(value, (Decimal, str, float)) or (isinstance(value, str) and "_" in value):
        return None
    try:
        # A float comes from an invocation's payload, and means what it is written as.
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > DIGITS_AT_MOST:
        return None
    return Fraction(number) if not number or abs(number.adjusted()) < DIGITS_AT_MOST else None


def plain(number: Fraction, places: int = 10) -> Decimal:
    """`number` as a decimal: all its digits where they are at most `places`, else rounded, halves up."""
    with localcontext() as context:
        context.prec = 120
        rounded = (Decimal(number.numerator) / Decimal(number.denominator)).quantize(
            Decimal(1).scaleb(-places), ROUND_HALF_UP
        )
        return rounded.normalize() if rounded else Decimal(0)


def text(number: Fraction, places: int = 10) -> str:
    """As `plain`, written without an exponent: `12.5`."""
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


def lower(one: Amount, other: Amount) -> Amount:
    """The lower of each of both."""
    return Amount(min(one.excl_vat, other.excl_vat), min(one.incl_vat, other.incl_vat))


def higher(one: Amount, other: Amount) -> Amount:
    """The higher of each of both."""
    return Amount(max(one.excl_vat, other.excl_vat), max(one.incl_vat, other.incl_vat))
