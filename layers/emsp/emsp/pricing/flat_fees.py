"""FLAT fees (OCPI 2.2.1, mod_tariffs, TariffDimensionType).

A session pays one FLAT: that of the first element that becomes active. A reservation pays its own FLAT.
"""

from dataclasses import dataclass, field
from functools import reduce

from emsp.pricing.amounts import NOTHING, Amount, higher, lower
from emsp.pricing.component_choice import Choice, ComponentPrice
from emsp.pricing.lines import Line, Part, Use
from emsp.pricing.notes import Note
from emsp.pricing.periods import PricingPeriod


@dataclass
class FlatFee:
    """The FLAT fee of a session, or of a reservation. Call `add` for each period, in order.

    Only the first FLAT that becomes active is paid. `uses` contains it. `unknown` says why the fee is not
    certain.
    """

    part: Part
    uses: list[Use] = field(default_factory=list)
    unknown: list[Note] = field(default_factory=list)
    _possible: dict[tuple[int, int], Use] = field(default_factory=dict)
    _settled: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether further periods can't change the fee."""
        return self._settled

    def add(self, period: PricingPeriod, choice: Choice) -> None:
        if self.is_settled:
            return
        for price in choice.possible:
            if price is not None and _key(price) not in self._possible:
                self._possible[_key(price)] = Use.flat(period, price, self.part)
        self._settled = self._settled or None not in choice.possible
        if self.uses:
            return
        if choice.unknown:
            self.unknown += choice.unknown
        elif choice.price is not None:
            self.uses.append(Use.flat(period, choice.price, self.part))

    def bounds(self) -> tuple[Amount, Amount]:
        """Return the lowest and the highest possible fee."""
        amounts = [Line(use).amount for use in self._possible.values()]
        if not self._settled:
            amounts.append(NOTHING)
        return reduce(lower, amounts), reduce(higher, amounts)


def _key(price: ComponentPrice) -> tuple[int, int]:
    return id(price.tariff), price.element.position
