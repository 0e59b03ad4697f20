"""Which places of a per-minute limit are free, and since when. Pure.

A limit of n requests in any window is n places. A request occupies its place for one window plus a margin. So
no window contains more than n requests, whatever their spacing. Times are milliseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple, Protocol

WINDOW_MS: Final = 60_000

MARGIN_MS: Final = 1_000
"""A place stays occupied for this much longer than a window. Requests arrive at the Hub less evenly than they
leave (a cold Lambda first opens a connection), and the clocks of Lambdas differ. This costs 1.6% of the
limit.
"""

FREE_PLACES_OFFERED: Final = 64
"""Never-used places are offered until this many places are free. That is enough to avoid most conflicts of
many callers, and keeps the item small for a high limit that is rarely used.
"""


class QuotaPlaces(Protocol):
    """A module's places as stored. (hub may not import stores, so this is a Protocol.)"""

    @property
    def taken_ms(self) -> Mapping[int, int]:
        """When each place was last taken; in the future if a caller waits for it."""

    @property
    def held_until_ms(self) -> int:
        """The end of the last hold that the Hub demanded; zero if there was none."""


@dataclass(frozen=True, order=True)
class Offer:
    """A place that may be taken from `at_ms` on."""

    at_ms: int
    place: int


class QuotaLimit(NamedTuple):
    """The number of requests allowed in any window."""

    requests: int
    window_ms: int = WINDOW_MS

    @property
    def kept_ms(self) -> int:
        """How long a request occupies its place."""
        return self.window_ms + MARGIN_MS

    def offers(self, places: QuotaPlaces, now_ms: int) -> list[Offer]:
        """The places that may be taken, soonest first. All of one list may be taken together.

        A place beyond the limit (from before the limit was lowered) cannot be taken, but counts while it is
        occupied. The first place is offered when fewer places than the limit are occupied, of both kinds; the
        second when one fewer is, and so on. The places held back are those that became free last. Later
        readers get the same result, so callers that read at different times do not take too many.
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
        """When a place may be used after a hold. Places become available one after the other, evenly, without
        a burst.
        """
        return held_until_ms + place * self.kept_ms // self.requests if held_until_ms else 0

    def _free_ms(self, place: int, places: QuotaPlaces) -> int:
        taken_ms = places.taken_ms.get(place)
        kept_until_ms = 0 if taken_ms is None else taken_ms + self.kept_ms
        if taken_ms is not None and taken_ms >= places.held_until_ms:
            return kept_until_ms
        return max(kept_until_ms, self.after_hold_ms(place, places.held_until_ms))
