"""The price of a charge, with all its parts."""

from collections.abc import Mapping
from dataclasses import dataclass

from emsp.pricing.amounts import Amount, total_of
from emsp.pricing.lines import Line, Part
from emsp.pricing.min_max_price import AppliedLimit
from emsp.pricing.notes import Note
from emsp.pricing.read_charge import Charge
from emsp.pricing.read_tariff import PricingTariff


@dataclass(frozen=True)
class Priced:
    """A price with its lines and its notes. If `total` is None, the price is unknown, and `reasons` say why.

    The sum of `parts` is the total before min_price and max_price. `least` and `most` are the lowest and the
    highest possible total. They equal the total if the price is certain, and are None if they can't be
    computed.
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
    """The charge as it was read, for price_again. None if the charge was read in several ways."""

    def parts_total(self) -> Amount:
        """Return the sum of the parts: the total before min_price and max_price."""
        return total_of(self.parts.values())


def without_price(reason: Note) -> Priced:
    """Return the result for a charge without a price. `reason` says why."""
    return Priced(None, {}, None, None, (), (), (), (reason,), ())
