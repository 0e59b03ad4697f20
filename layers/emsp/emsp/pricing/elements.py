"""The parts of a tariff: price components, and the elements that say when they apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from emsp.pricing.amounts import ZERO, text, text_or_none
from emsp.pricing.restrictions import Restriction
from emsp.pricing.stretches import Dimension


class Reserved(StrEnum):
    """The list of elements in which a price is looked up: sessions, reservations, or expired reservations.

    Source: OCPI 2.2.1, mod_tariffs, ReservationRestrictionType.
    """

    NO = "NO"
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


@dataclass(frozen=True)
class Component:
    """A price for each kWh, for each hour, or once. `price` is None if it can't be read.

    `vat` is in percent. `step` is in Wh or seconds; 0 means none.
    """

    price: Fraction | None
    vat: Fraction | None
    step: Fraction

    @property
    def each(self) -> Fraction:
        """The price of a kWh, or of a FLAT; 0 if it can't be read."""
        return self.price or ZERO

    @cached_property
    def each_second(self) -> Fraction:
        return self.each / 3600

    @cached_property
    def with_vat(self) -> Fraction:
        return 1 + (self.vat or ZERO) / 100

    @cached_property
    def as_json(self) -> Mapping[str, str | None]:
        """Return `price` and `vat` as decimal strings."""
        return {"price": text(self.each), "vat": text_or_none(self.vat)}


@dataclass(frozen=True)
class Element:
    """An element: its position in the tariff, from 0, and its restrictions."""

    position: int
    restrictions: tuple[Restriction, ...]

    @cached_property
    def described(self) -> str:
        return ", ".join(str(each) for each in self.restrictions) or "always"


type Prices = Mapping[tuple[Dimension, Reserved], Sequence[tuple[Element, Component]]]
"""The components of each dimension, in the order of the elements."""
