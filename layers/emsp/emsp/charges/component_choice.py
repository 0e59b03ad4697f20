"""Which price component applies: for each dimension the first element in the list whose restrictions hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from emsp.charges.elements import Component, Element, Reserved
from emsp.charges.notes import Code, Note
from emsp.charges.read_tariff import Tariff
from emsp.charges.restrictions import Match, judge_all, why_unknown
from emsp.charges.stretches import Dimension, Stretch


@dataclass(frozen=True, slots=True)
class Price:
    """A component, the element that it is in, and the tariff that this is in."""

    tariff: Tariff
    element: Element
    component: Component


@dataclass(frozen=True)
class Choice:
    """What prices a dimension in a period. `price` None: nothing, it is free.

    `possible`: all that can price some part of the period, None among them where it can be free; one alone
    where nothing is open. `unknown`: why it can't be told what `price` is, empty where it can.
    """

    price: Price | None
    possible: tuple[Price | None, ...]
    unknown: tuple[Note, ...] = ()

    @property
    def is_certain(self) -> bool:
        return len(self.possible) == 1

    @property
    def spans_a_change(self) -> bool:
        return not self.unknown and not self.is_certain


class ComponentChoice:
    """Looks up the components of one tariff in one period; each element is judged at most once."""

    def __init__(self, tariff: Tariff, stretch: Stretch) -> None:
        self._tariff = tariff
        self._stretch = stretch
        self._prices = tariff.timetable.prices_in(stretch)
        self._matches: dict[int, Match] = {}

    def choose(self, dimension: Dimension, lists: Sequence[Reserved] = (Reserved.NO,)) -> Choice:
        """`lists`: where is looked, one after the other."""
        at_start: list[Price | None] = []
        possible: list[Price | None] = []
        unknown: list[Note] = []
        decided = False
        matches = self._matches
        for element, component in self._listed(dimension, lists):
            match = matches.get(element.position)
            if match is None:
                match = matches[element.position] = judge_all(element.restrictions, self._stretch)
            if match is Match.NEVER:
                continue
            price = Price(self._tariff, element, component)
            if not any(_same(price, other) for other in possible):
                possible.append(price)
            if not decided and match is not Match.HOLDS_LATER:
                at_start.append(price)
                decided = match is not Match.UNKNOWN
                if match is Match.UNKNOWN:
                    unknown += why_unknown(element.restrictions, self._stretch)
            if match is Match.HOLDS:
                break
        else:
            possible.append(None)
            if not decided:
                at_start.append(None)
        if unknown and all(_same(at_start[0], other) for other in at_start):
            unknown = []
        if any(price is not None and price.component.price is None for price in at_start):
            unknown.append(Note(Code.INVALID_TARIFF, f"{self._tariff}: a price or vat can't be read"))
        return Choice(at_start[0], tuple(possible), tuple(unknown))

    def _listed(self, dimension: Dimension, lists: Sequence[Reserved]) -> Iterable[tuple[Element, Component]]:
        return chain.from_iterable(self._prices.get((dimension, reserved), ()) for reserved in lists)


def _same(one: Price | None, other: Price | None) -> bool:
    return one is other or (one is not None and other is not None and one.component == other.component)
