"""Which places of a per-minute limit are free, and from when. Pure.

A limit of n requests in any window is n places. Who takes a place has it for one window and a margin, so that
no window holds more than n requests however they are spaced. Times are milliseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Final, Protocol

WINDOW_MS: Final = 60_000

MARGIN_MS: Final = 1_000
"""A place rests for so much longer than a window: requests reach the Hub less evenly than they leave (a cold
Lambda opens its connection first), and Lambdas' clocks differ. It costs 1.6% of the limit.
"""

FREE_PLACES_OFFERED: Final = 64
"""Places that were never taken are offered until so many free ones are: enough that a crowd rarely meets on
one, few enough that a high limit, rarely used, is a small item.
"""


class Places(Protocol):
    """A module's places as they were read."""

    @property
    def taken_ms(self) -> Mapping[int, int]:
        """When each was last taken: in the future where somebody waits for it."""

    @property
    def held_until_ms(self) -> int:
        """Until when the Hub has told us to send nothing; zero where it never has."""


@dataclass(frozen=True, order=True)
class Offer:
    """A place that may be taken from `at_ms` on."""

    at_ms: int
    place: int


@dataclass(frozen=True)
class Limit:
    """So many requests in any window."""

    requests: int
    window_ms: int = WINDOW_MS

    @property
    def kept_ms(self) -> int:
        """How long a place is kept by the request that took it."""
        return self.window_ms + MARGIN_MS

    def offers(self, places: Places, now_ms: int) -> list[Offer]:
        """Places that may be taken, soonest first. All of one list may be taken together.

        Places beyond the limit, from before it became smaller, can't be taken, but count while they last:
        the first place is offered when fewer than the limit are kept of both kinds, the second when one
        fewer is, and so on. Those held back are the ones that became free last, which later readers agree
        on, so that callers who read at different times don't take too many.
        """
        beyond = sorted(
            taken + self.kept_ms for place, taken in places.taken_ms.items() if place >= self.requests
        )
        known = [
            Offer(self._free_ms(place, places), place) for place in places.taken_ms if place < self.requests
        ]
        missing = FREE_PLACES_OFFERED + len(beyond) - sum(each.at_ms <= now_ms for each in known)
        never_taken = (place for place in range(self.requests) if place not in places.taken_ms)
        unused = [
            Offer(self._free_ms(place, places), place) for place in islice(never_taken, max(0, missing))
        ]
        free = sorted(known + unused)
        free_or_gone = merge((each.at_ms for each in free), beyond)
        return [
            Offer(at_ms, each.place)
            for each, at_ms in zip(free, islice(free_or_gone, len(beyond), None), strict=True)
        ]

    def after_hold_ms(self, place: int, held_until_ms: int) -> int:
        """When a place may be used after a hold: one after the other, evenly, and not in a burst."""
        return held_until_ms + place * self.kept_ms // self.requests if held_until_ms else 0

    def _free_ms(self, place: int, places: Places) -> int:
        taken_ms = places.taken_ms.get(place)
        kept_until_ms = 0 if taken_ms is None else taken_ms + self.kept_ms
        if taken_ms is not None and taken_ms >= places.held_until_ms:
            return kept_until_ms
        return max(kept_until_ms, self.after_hold_ms(place, places.held_until_ms))
