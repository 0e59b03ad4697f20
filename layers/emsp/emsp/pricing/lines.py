"""The lines of a price: one for each use of a price component."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import ZERO, Amount, text
from emsp.pricing.component_choice import ComponentPrice
from emsp.pricing.periods import Dimension, PricingPeriod
from emsp.pricing.read_charge import HOUR


class Part(StrEnum):
    """The parts of a CDR's costs: total_fixed_cost, total_energy_cost and so on (OCPI 2.2.1, mod_cdrs)."""

    FIXED = "fixed"
    ENERGY = "energy"
    TIME = "time"
    PARKING = "parking"
    RESERVATION = "reservation"


_PARTS: Final = {
    Dimension.FLAT: Part.FIXED,
    Dimension.ENERGY: Part.ENERGY,
    Dimension.TIME: Part.TIME,
    Dimension.PARKING_TIME: Part.PARKING,
    Dimension.RESERVATION_TIME: Part.RESERVATION,
}
_TIMES: Final = frozenset((Dimension.TIME, Dimension.PARKING_TIME, Dimension.RESERVATION_TIME))
_UNITS: Final = {Dimension.ENERGY: "kWh", Dimension.FLAT: "once"}
_ONE: Final = Fraction(1)


@dataclass(frozen=True)
class Use:
    """A quantity and its price. The quantity is in kWh or seconds; for a FLAT it is 1."""

    dimension: Dimension
    part: Part
    period: PricingPeriod
    price: ComponentPrice
    quantity: Fraction

    @classmethod
    def of(cls, dimension: Dimension, period: PricingPeriod, price: ComponentPrice) -> "Use":
        return cls(dimension, _PARTS[dimension], period, price, period.volume(dimension))

    @classmethod
    def flat(cls, period: PricingPeriod, price: ComponentPrice, part: Part) -> "Use":
        return cls(Dimension.FLAT, part, period, price, _ONE)


@dataclass(frozen=True)
class Line:
    """One line of a price. `surplus` is the quantity that step_size adds, in the unit of the use."""

    use: Use
    surplus: Fraction = ZERO

    @cached_property
    def amount(self) -> Amount:
        return cost(self.use.dimension, self.use.quantity + self.surplus, self.use.price)

    def as_json(self) -> JsonObject:
        """Return the line as JSON. Numbers are decimal strings, and quantities are in `unit`.

        `because` is a sentence for people.
        """
        use, component = self.use, self.use.price.component
        measured = _in_its_unit(use.dimension, use.quantity)
        return {
            "part": use.part.value,
            "dimension": use.dimension.value,
            "period": use.period.position + 1,
            **use.period.began,
            "measured": measured,
            "billed": _in_its_unit(use.dimension, use.quantity + self.surplus) if self.surplus else measured,
            "unit": _UNITS.get(use.dimension, "h"),
            **component.as_json,
            **self.amount.as_json(),
            "tariff": {**use.price.tariff.reference},
            "element": use.price.element.position + 1,
            "because": self._because(),
        }

    def _because(self) -> str:
        use = self.use
        element, shown = use.price.element, use.period.shown
        message = (
            f"element {element.position + 1} of {use.price.tariff} applies at {shown}: {element.described}"
        )
        if self.surplus > 0:
            unit = "Wh" if use.dimension is Dimension.ENERGY else "s"
            message += f"; billed in steps of {text(use.price.component.step)} {unit}"
        return message


def cost(dimension: Dimension, quantity: Fraction, price: ComponentPrice) -> Amount:
    """Return the cost of a quantity. A price that can't be read counts as 0, and is reported elsewhere."""
    component = price.component
    excl = quantity * (component.each_second if dimension in _TIMES else component.each)
    return Amount(excl, excl if component.vat is None else excl * component.with_vat)


def _in_its_unit(dimension: Dimension, quantity: Fraction) -> str:
    """Return the quantity as text in kWh or hours, or 1 for a FLAT."""
    return text(quantity / HOUR if dimension in _TIMES else quantity, 6)
