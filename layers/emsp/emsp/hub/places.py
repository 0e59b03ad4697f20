"""Find the free places of a limit per minute. Without I/O.

A limit of n requests per window has n places. A request takes a place for one window plus a margin. So no
window has more than n requests, at whatever times they are sent. Times are milliseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple, Protocol

WINDOW_MS: Final = 60_000

MARGIN_MS: Final = 1_000
"""How much longer than a window a place is taken. The time from a Lambda to the Hub varies (a cold Lambda
first opens a connection), and the clocks of Lambdas differ. This costs 1.6% of the limit.
"""

FREE_PLACES_OFFERED: Final = 64
"""New places are offered until this many places are free. That avoids most conflicts of callers, and the item
of a high limit that is rarely used stays small.
"""


class QuotaPlaces(Protocol):
    """The stored places of a module. It is a Protocol, because hub may not import stores."""

    @property
    def taken_ms(self) -> Mapping[int, int]:
        """The time at which each place was last taken. It is in the future if a caller waits for it."""

    @property
    def held_until_ms(self) -> int:
        """The end of the last hold that the Hub demanded, or 0 if there was none."""


@dataclass(frozen=True, order=True)
class Offer:
    """A place that may be taken from `at_ms` on."""

    at_ms: int
    place: int


class QuotaLimit(NamedTuple):
    """The largest number of requests in a window."""

    requests: int
    window_ms: int = WINDOW_MS

    @property
    def kept_ms(self) -> int:
        """How long a request takes its place, in milliseconds."""
        return self.window_ms + MARGIN_MS

    def offers(self, places: QuotaPlaces, now_ms: int) -> list[Offer]:
        """Return the places that may be taken, the earliest first. All of them may be taken together.

        If the limit was lowered, places beyond it can't be taken, but count while they are taken. The first
        place is offered when fewer places than the limit are taken, the second when one fewer is taken, and
        so on. The places that are not offered are those that became free last. A later reader gets the same
        result, so callers that read at different times do not take too many places.
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
        """Return when a place may be used after a hold. The places become available one by one, evenly."""
        return held_until_ms + place * self.kept_ms // self.requests if held_until_ms else 0

    def _free_ms(self, place: int, places: QuotaPlaces) -> int:
        taken_ms = places.taken_ms.get(place)
        kept_until_ms = 0 if taken_ms is None else taken_ms + self.kept_ms
        if taken_ms is not None and taken_ms >= places.held_until_ms:
            return kept_until_ms
        return max(kept_until_ms, self.after_hold_ms(place, places.held_until_ms))
