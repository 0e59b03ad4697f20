"""Read the claim of a CDR: its total_cost, and the costs of its parts (OCPI 2.2.1, mod_cdrs)."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from emsp.ocpi.credit_cdrs import is_credit
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import ZERO, Amount, exact, text, text_or_none
from emsp.pricing.lines import Part

_FIELDS: Final = {
    Part.FIXED: "total_fixed_cost",
    Part.ENERGY: "total_energy_cost",
    Part.TIME: "total_time_cost",
    Part.PARKING: "total_parking_cost",
    Part.RESERVATION: "total_reservation_cost",
}


@dataclass(frozen=True)
class ClaimedAmount:
    """A Price in a CDR (OCPI 2.2.1, types, Price), or a difference of two.

    `incl_vat` is None if the CDR contains none. `computed` is True if we computed `incl_vat`.
    """

    excl_vat: Fraction
    incl_vat: Fraction | None
    computed: bool = field(default=False, compare=False)

    def with_vat(self, vat: Fraction | None) -> "ClaimedAmount":
        """Return the amount with `incl_vat`. If the CDR contains none, it is `excl_vat` times the ratio
        `vat`.

        If `vat` is None, the amount is returned unchanged.
        """
        if self.incl_vat is not None or vat is None:
            return self
        return ClaimedAmount(self.excl_vat, self.excl_vat * vat, computed=True)

    def plus(self, other: "ClaimedAmount") -> "ClaimedAmount":
        incl = None if self.incl_vat is None or other.incl_vat is None else self.incl_vat + other.incl_vat
        return ClaimedAmount(self.excl_vat + other.excl_vat, incl, self.computed or other.computed)

    def less(self, other: "ClaimedAmount") -> "ClaimedAmount":
        negative = ClaimedAmount(
            -other.excl_vat, None if other.incl_vat is None else -other.incl_vat, other.computed
        )
        return self.plus(negative)

    def at_least_nothing(self) -> "ClaimedAmount":
        incl = None if self.incl_vat is None else max(ZERO, self.incl_vat)
        return ClaimedAmount(max(ZERO, self.excl_vat), incl, self.computed)

    def minus(self, other: Amount) -> "ClaimedAmount":
        incl = None if self.incl_vat is None else self.incl_vat - other.incl_vat
        return ClaimedAmount(self.excl_vat - other.excl_vat, incl, self.computed)

    def beyond(self, tolerance: Fraction) -> bool:
        """Whether this difference is larger than the tolerance, excl. VAT or incl. VAT."""
        return abs(self.excl_vat) > tolerance or abs(self.decisive) > tolerance

    @property
    def decisive(self) -> Fraction:
        """The amount that is paid: `incl_vat`, or `excl_vat` if there is none."""
        return self.excl_vat if self.incl_vat is None else self.incl_vat

    @property
    def sign(self) -> int:
        """1 if this difference is positive (the claim is too high), -1 if it is negative.

        If excl. VAT and incl. VAT have different signs, the amount that is paid decides.
        """
        decisive = self.decisive or self.excl_vat
        return (decisive > 0) - (decisive < 0)

    def as_json(self) -> JsonObject:
        return {
            "excl_vat": text(self.excl_vat),
            "incl_vat": text_or_none(self.incl_vat),
            **({"computed": True} if self.computed else {}),
        }


@dataclass(frozen=True)
class Claim:
    """The costs that a CDR claims. `total` is None if it can't be read. For a credit CDR `total` is
    negative.
    """

    total: ClaimedAmount | None
    parts: dict[Part, ClaimedAmount]
    is_credit: bool


def read_claim(cdr: JsonObject) -> Claim:
    """Return the costs that a CDR claims.

    The total of a credit CDR is negative, the costs of its parts are not (OCPI 2.2.1, mod_cdrs, Credit CDRs).
    If the total of a credit CDR is positive, it is read as negative.
    """
    credit = is_credit(cdr)
    total = _amount(cdr.get("total_cost"))
    if credit and total is not None:
        total = ClaimedAmount(-abs(total.excl_vat), None if total.incl_vat is None else -abs(total.incl_vat))
    parts = {part: amount for part, name in _FIELDS.items() if (amount := _amount(cdr.get(name))) is not None}
    return Claim(total, parts, credit)


def _amount(value: JsonValue) -> ClaimedAmount | None:
    if isinstance(value, dict):
        excl, incl = exact(value.get("excl_vat")), exact(value.get("incl_vat"))
    else:
        excl, incl = exact(value), None  # OCPI 2.1.1 has a number here.
    return None if excl is None else ClaimedAmount(excl, incl)
