"""The parts of a tariff: its elements, their restrictions and their price components."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from emsp.pricing.amounts import ZERO, text, text_or_none
from emsp.pricing.periods import Dimension
from emsp.pricing.restrictions import Restriction


class Reserved(StrEnum):
    """Which elements are searched: those for sessions, for reservations, or for expired reservations.

    Source: OCPI 2.2.1, mod_tariffs, ReservationRestrictionType.
    """

    NO = "NO"
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


@dataclass(frozen=True)
class Component:
    """A price for each kWh, for each hour, or for a session. `price` is None if it can't be read.

    `vat` is in percent. `step` is step_size in Wh or seconds, or 0 if there is none.
    """

    price: Fraction | None
    vat: Fraction | None
    step: Fraction

    @property
    def each(self) -> Fraction:
        """The price per kWh or per hour, or the FLAT fee. It is 0 if it can't be read."""
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
    """An element of a tariff: its position, from 0, and its restrictions."""

    position: int
    restrictions: tuple[Restriction, ...]

    @cached_property
    def described(self) -> str:
        return ", ".join(str(each) for each in self.restrictions) or "always"


type Prices = Mapping[tuple[Dimension, Reserved], Sequence[tuple[Element, Component]]]
"""Maps a dimension and a kind of element to the components with their elements, in the tariff's order."""
