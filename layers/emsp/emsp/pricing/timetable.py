"""An index of a tariff's prices by the time of day, because a tariff can have thousands of elements.

The start and end times of all elements divide the day into slots. An element whose restriction excludes all
slots of a period can't apply to the period, and need not be judged.
"""

from bisect import bisect_right
from collections.abc import Iterable

from emsp.pricing.elements import Element, Prices
from emsp.pricing.periods import PricingPeriod
from emsp.pricing.restrictions import DAY_US, TimeOfDay


class Timetable:
    """The index of one tariff."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._elements = {each.position: each for listed in prices.values() for each, _ in listed}
        hours = map(_hours, self._elements.values())
        self._borders = sorted({0, *(edge for each in hours if each for edge in each.edges_us)})
        self._open = self._open_by_slot()
        self._known: dict[tuple[int, int], Prices] = {}

    def prices_in(self, period: PricingPeriod) -> Prices:
        """Return the prices that can apply in the period. Some of them may turn out not to apply."""
        clock = period.clock_us
        if clock is None or len(self._borders) == 1:
            return self._prices
        _, first, lasting = clock
        if lasting >= DAY_US:
            return self._prices
        slots = self._slot_at(first), self._slot_at(first + lasting)
        if slots not in self._known:
            self._known[slots] = self._open_from(*slots)
        return self._known[slots]

    def _slot_at(self, moment: int) -> int:
        """Return the number of the slot at `moment`, in microseconds. Slots of the next day have higher
        numbers.
        """
        days, clock = divmod(moment, DAY_US)
        return days * len(self._borders) + bisect_right(self._borders, clock) - 1

    def _open_by_slot(self) -> list[int]:
        """Return, for each slot, a bit mask of the elements that can apply. A mask is small and fast to
        combine.
        """
        found = [0] * len(self._borders)
        for element in self._elements.values():
            hours = _hours(element)
            for slot in self._slots_of(hours) if hours else range(len(found)):
                found[slot] |= 1 << element.position
        return found

    def _slots_of(self, hours: TimeOfDay) -> Iterable[int]:
        start, end = (self._borders.index(edge) for edge in hours.edges_us)
        if start < end or start == end != 0:
            return range(start, end)
        return (*range(start, len(self._borders)), *range(end))

    def _open_from(self, first: int, last: int) -> Prices:
        opened = 0
        for slot in range(first, last + 1):
            opened |= self._open[slot % len(self._open)]
        return {
            key: [each for each in listed if opened >> each[0].position & 1]
            for key, listed in self._prices.items()
        }


def _hours(element: Element) -> TimeOfDay | None:
    """Return the element's first restriction by the time of day, or None if it has none."""
    return next((each for each in element.restrictions if isinstance(each, TimeOfDay)), None)
