"""Share the Hub's limits per minute between all Lambdas. Bursts up to the limit are possible.

Each module has as many places as its limit allows requests per minute (places.py), in one item that all
callers share. A request may be sent after it has taken a place. A place is free again after a minute. Callers
choose a free place at random, so that they conflict only when few are left. A caller that may wait takes the
place that becomes free next, and sleeps until then. If the Hub reports its limit, all callers are held.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from emsp.hub.errors import Delivery, RateLimited
from emsp.hub.places import MARGIN_MS, WINDOW_MS, Offer, QuotaLimit, QuotaPlaces

LATE_MS: Final = MARGIN_MS * 2 // 5
"""If a request is later than its place by more than this (a slow write, a late wake-up), it first moves the
place. The rest of the margin is for the way to the Hub.
"""

ROUNDED_TO_MS: Final = 10
"""Places are taken at multiples of 10 ms. With one digit less, 100 places fit in 1 KB, which is one write
unit.
"""

SAME_TIME_MS: Final = 200
"""A waiting caller accepts this much more delay, so that callers spread over the places that become free
together after a burst.
"""

LEARNING_MS: Final = 2_000
"""How long a new process makes consistent reads. It may have a lower limit than earlier processes, and must
see all places that they took. For a whole window it reads the places before each request.
"""

MOST_SPREAD: Final = 8
"""A waiting caller chooses among at most 2 to this power of the next places, after any number of
conflicts.
"""

FIRST_HOLD_S: Final = 5.0
"""The length of a hold, in seconds, if the Hub states none. It doubles while the Hub reports its limit
again.
"""
LONGEST_HOLD_S: Final = 60.0


class SharedPlaces(Protocol):
    """The shared places, in one item for each module. It is a Protocol, because hub may not import stores."""

    def read(self, module: str, *, consistent: bool = False) -> QuotaPlaces:
        """Return the places. Unless `consistent`, they may be slightly outdated, but the read costs half."""

    def take(
        self, module: str, place: int, *, at_ms: int, seen_ms: int | None, held_until_ms: int
    ) -> QuotaPlaces | None:
        """Take a place if it was last taken at `seen_ms` and no later hold has begun.

        Return None, or the current places if that was not the case.
        """

    def hold(self, module: str, *, now_ms: int, until_ms: int) -> None:
        """Hold all callers at least until `until_ms`."""

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int) -> int:
        """Hold all callers twice as long as the last hold, or for `first_ms` if that ended long ago.

        Return when the hold ends.
        """


class _Seen(NamedTuple):
    """The places as this process saw them last.

    Another process may have taken some since. The conditional write finds that out, so a process that has run
    for a minute need not read the places before a request.
    """

    taken_ms: Mapping[int, int]
    held_until_ms: int


class _Taken(NamedTuple):
    """A place that this caller has taken, and the end of the hold that was known then."""

    place: int
    at_ms: int
    held_until_ms: int


class SharedQuota:
    """The quotas of the modules that have a limit. Calls to other modules never wait."""

    def __init__(
        self,
        shared: SharedPlaces,
        limits: Mapping[str, int],
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        sleep: Callable[[float], None] = time.sleep,
        choose: Callable[[Sequence[Offer]], Offer] = random.choice,
        window_ms: int = WINDOW_MS,
    ) -> None:
        self._shared = shared
        self._limits = {module: QuotaLimit(requests, window_ms) for module, requests in limits.items()}
        self._now_ms = now_ms
        self._sleep = sleep
        self._choose = choose
        self._learnt_ms = now_ms() + LEARNING_MS
        self._remembers_ms = now_ms() + window_ms
        self._last_seen: dict[str, QuotaPlaces] = {}

    def take(self, module: str, max_wait_s: float) -> None:
        """Wait until a request may be sent.

        Raises RateLimited, with the wait in seconds, if it would be longer than `max_wait_s`. A waiting
        caller has taken its place already, so callers do not conflict when their wait ends.
        """
        limit = self._limits.get(module)
        if limit is None:
            return
        give_up_ms = self._now_ms() + int(max_wait_s * 1000)
        taken = self._take_place(module, limit, give_up_ms)
        while (moved := self._move_unless_due(module, limit, taken, give_up_ms)) is not None:
            taken = moved

    def hold(self, module: str, retry_after_s: float) -> float:
        """Hold all callers for the seconds that the Hub demanded, or for a default if it stated 0. Return the
        seconds.

        After a hold, requests are sent evenly, without a burst.
        """
        if module not in self._limits:
            return retry_after_s or FIRST_HOLD_S
        now_ms = self._now_ms()
        if retry_after_s > 0:
            until_ms = now_ms + int(retry_after_s * 1000)
            self._shared.hold(module, now_ms=now_ms, until_ms=until_ms)
        else:
            until_ms = self._shared.hold_longer(
                module,
                now_ms=now_ms,
                first_ms=int(FIRST_HOLD_S * 1000),
                longest_ms=int(LONGEST_HOLD_S * 1000),
            )
        return max(0.0, (until_ms - now_ms) / 1000)

    def _take_place(self, module: str, limit: QuotaLimit, give_up_ms: int) -> _Taken:
        remembered = self._last_seen.get(module) if self._now_ms() >= self._remembers_ms else None
        places = remembered or self._read(module)
        conflicts = 0
        while True:
            now_ms = self._now_ms()
            offers = limit.offers(places, now_ms)
            candidates = [each for each in offers if each.at_ms <= now_ms]
            if not candidates:
                candidates = _next_ones([each for each in offers if each.at_ms <= give_up_ms], conflicts)
            if not candidates and places is remembered:
                places = self._read(module)
                continue
            if not candidates:
                raise _used_up(module, offers[0].at_ms - now_ms, held=places.held_until_ms > now_ms)
            offer = self._choose(candidates)
            at_ms = _rounded_up(max(offer.at_ms, now_ms))
            seen_ms, held_until_ms = places.taken_ms.get(offer.place), places.held_until_ms
            changed = self._shared.take(
                module, offer.place, at_ms=at_ms, seen_ms=seen_ms, held_until_ms=held_until_ms
            )
            if changed is None:
                self._last_seen[module] = _Seen({**places.taken_ms, offer.place: at_ms}, held_until_ms)
                return _Taken(offer.place, at_ms, held_until_ms)
            places = changed
            conflicts += 1

    def _read(self, module: str) -> QuotaPlaces:
        return self._shared.read(module, consistent=self._now_ms() < self._learnt_ms)

    def _move_unless_due(
        self, module: str, limit: QuotaLimit, taken: _Taken, give_up_ms: int
    ) -> _Taken | None:
        """Wait until the time of the place. Return None if the request may then be sent.

        If it is too late for the place, or a hold has begun, return another place.
        """
        held_until_ms = taken.held_until_ms
        wait_ms = taken.at_ms - self._now_ms()
        if wait_ms > ROUNDED_TO_MS:
            self._sleep(wait_ms / 1000)
            held_until_ms = self._shared.read(module, consistent=True).held_until_ms
        now_ms = self._now_ms()
        after_hold_ms = 0
        if held_until_ms != taken.held_until_ms:
            after_hold_ms = limit.after_hold_ms(taken.place, held_until_ms)
        late_ms = now_ms - taken.at_ms
        if late_ms <= LATE_MS and after_hold_ms <= now_ms:
            return None
        if after_hold_ms > max(now_ms, give_up_ms):
            raise _used_up(module, after_hold_ms - now_ms, held=True)
        at_ms = _rounded_up(max(after_hold_ms, now_ms + late_ms if late_ms > LATE_MS else now_ms))
        changed = self._shared.take(
            module, taken.place, at_ms=at_ms, seen_ms=taken.at_ms, held_until_ms=held_until_ms
        )
        if changed is None:
            return _Taken(taken.place, at_ms, held_until_ms)
        return self._take_place(module, limit, give_up_ms)


def _next_ones(offers: list[Offer], conflicts: int) -> list[Offer]:
    """Return the next place and those that are free at nearly the same time. After conflicts return more
    places.
    """
    several = 2 ** min(conflicts, MOST_SPREAD)
    return [
        each
        for number, each in enumerate(offers)
        if number < several or each.at_ms <= offers[0].at_ms + SAME_TIME_MS
    ]


def _rounded_up(at_ms: int) -> int:
    return -(-at_ms // ROUNDED_TO_MS) * ROUNDED_TO_MS


def _used_up(module: str, wait_ms: int, *, held: bool) -> RateLimited:
    wait_s = max(0.001, wait_ms / 1000)
    why = f"the Hub has reported its limit for {module}" if held else f"our quota for {module} is used up"
    return RateLimited(
        f"{why}: wait {wait_s:.1f} s, or pass a larger max_wait_s",
        retry_after_s=wait_s,
        delivery=Delivery.NEVER,
    )
