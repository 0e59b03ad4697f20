"""Choose the price component for each dimension: that of the first element whose restrictions are met.

Source: OCPI 2.2.1, mod_tariffs, TariffElement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from emsp.pricing.elements import Component, Element, Reserved
from emsp.pricing.notes import Code, Note
from emsp.pricing.periods import Dimension, PricingPeriod
from emsp.pricing.read_tariff import PricingTariff
from emsp.pricing.restrictions import Match, judge_all, why_unknown

REASONS_AT_MOST: Final = 10
"""The largest number of reasons that are reported for one dimension of one period."""
FREE: Final = 0
"""The key that stands for "no price component"."""


@dataclass(frozen=True, slots=True)
class ComponentPrice:
    """A price component with the element and the tariff that contain it."""

    tariff: PricingTariff
    element: Element
    component: Component


@dataclass(frozen=True)
class Choice:
    """The prices of one dimension in one period.

    `price` is the price at the start of the period; it is None if the dimension is free. `possible` are all
    prices that may apply to a part of the period; None among them means that a part may be free. If
    `possible` has one price, it is certain. `unknown` says why a price is not certain.
    """

    price: ComponentPrice | None
    possible: tuple[ComponentPrice | None, ...]
    unknown: tuple[Note, ...] = ()

    @property
    def is_certain(self) -> bool:
        return len(self.possible) == 1

    @property
    def spans_a_change(self) -> bool:
        return not self.unknown and not self.is_certain


class ComponentChoice:
    """Chooses the price components of one tariff for one period. Each element is judged at most once."""

    def __init__(self, tariff: PricingTariff, period: PricingPeriod) -> None:
        self._tariff = tariff
        self._period = period
        self._prices = tariff.timetable.prices_in(period)
        self._matches: dict[int, Match] = {}

    def choose(self, dimension: Dimension, lists: Sequence[Reserved] = (Reserved.NO,)) -> Choice:
        """Return the prices of `dimension`. `lists` are the lists of elements to search, in this order."""
        at_start: dict[int, ComponentPrice | None] = {}
        possible: dict[int, ComponentPrice | None] = {}
        unknown: dict[Note, None] = {}
        decided = False
        matches = self._matches
        listed = chain.from_iterable(self._prices.get((dimension, reserved), ()) for reserved in lists)
        for element, component in listed:
            match = matches.get(element.position)
            if match is None:
                match = matches[element.position] = judge_all(element.restrictions, self._period)
            if match is Match.NEVER:
                continue
            # read_tariff makes equal components of a tariff one object.
            price = possible.get(id(component))
            if price is None:
                price = possible[id(component)] = _price(self._tariff, element, component)
            if not decided and match is not Match.HOLDS_LATER:
                at_start.setdefault(id(component), price)
                decided = match is not Match.UNKNOWN
                if match is Match.UNKNOWN and len(unknown) < REASONS_AT_MOST:
                    unknown.update(dict.fromkeys(why_unknown(element.restrictions, self._period)))
            if match is Match.HOLDS:
                break
        else:
            possible[FREE] = None
            if not decided:
                at_start[FREE] = None
        chosen = next(iter(at_start.values()))
        if len(at_start) == 1:
            unknown = {}
        if any(price is not None and price.component.price is None for price in at_start.values()):
            unknown[Note(Code.INVALID_TARIFF, f"{self._tariff}: a price or vat can't be read")] = None
        return Choice(chosen, tuple(possible.values()), tuple(unknown))


def _price(tariff: PricingTariff, element: Element, component: Component) -> ComponentPrice:
    key = id(element), id(component)
    price = tariff.used.get(key)
    if not isinstance(price, ComponentPrice):
        price = tariff.used[key] = ComponentPrice(tariff, element, component)
    return price
