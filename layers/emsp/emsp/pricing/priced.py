"""The result of pricing a charge."""

from collections.abc import Mapping
from dataclasses import dataclass

from emsp.pricing.amounts import Amount, total_of
from emsp.pricing.limits import AppliedLimit
from emsp.pricing.lines import Line, Part
from emsp.pricing.notes import Note
from emsp.pricing.read_charge import Charge
from emsp.pricing.read_tariff import PricingTariff


@dataclass(frozen=True)
class Priced:
    """A price with its lines and reasons. If `total` is None, the price is unknown, and `reasons` say why.

    `parts` add up to the total, unless `limits` changed it. `least` and `most` are the bounds that the data
    allows. They equal the total if the price is certain, and are None if even the bounds are unknown.
    """

    total: Amount | None
    parts: Mapping[Part, Amount]
    least: Amount | None
    most: Amount | None
    lines: tuple[Line, ...]
    limits: tuple[AppliedLimit, ...]
    notes: tuple[Note, ...]
    reasons: tuple[Note, ...]
    tariffs: tuple[PricingTariff, ...]
    charge: Charge | None = None
    """The charge as it was read, for another tariff. None if that was one of several readings."""

    def parts_total(self) -> Amount:
        """Return the sum of the parts, which is the total before limits."""
        return total_of(self.parts.values())


def without_price(reason: Note) -> Priced:
    """Return the result for a charge that has no price, for one reason."""
    return Priced(None, {}, None, None, (), (), (), (reason,), ())
