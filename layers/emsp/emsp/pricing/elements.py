"""What a tariff is made of: price components, and the elements that say where they apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from emsp.pricing.amounts import ZERO, text
from emsp.pricing.restrictions import Restriction
from emsp.pricing.stretches import Dimension


class Reserved(StrEnum):
    """Which elements a price is looked up in: those of sessions, of reservations, of reservations that
    expired.
    """

    NO = "NO"
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


@dataclass(frozen=True)
class Component:
    """A price for each kWh, each hour, or once; `vat` in percent, `step` in Wh or seconds (0: none).

    `price` is None where it can't be read.
    """

    price: Fraction | None
    vat: Fraction | None
    step: Fraction

    @property
    def each(self) -> Fraction:
        """The price of a kWh, or of a FLAT; 0 where it can't be read."""
        return self.price or ZERO

    @cached_property
    def each_second(self) -> Fraction:
        return self.each / 3600

    @cached_property
    def with_vat(self) -> Fraction:
        return 1 + (self.vat or ZERO) / 100

    @cached_property
    def told(self) -> Mapping[str, str | None]:
        """`price` and `vat` as decimal strings."""
        return {"price": text(self.each), "vat": None if self.vat is None else text(self.vat)}


@dataclass(frozen=True)
class Element:
    """The place of an element in its tariff, from 0, and what restricts it."""

    position: int
    restrictions: tuple[Restriction, ...]

    @cached_property
    def described(self) -> str:
        return ", ".join(str(each) for each in self.restrictions) or "always"


type Prices = Mapping[tuple[Dimension, Reserved], Sequence[tuple[Element, Component]]]
"""What prices a dimension, in the order of the elements."""
