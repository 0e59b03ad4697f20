"""One share of the Hub's per-minute limits for all Lambdas together: GCRA on one shared clock for each
module.

The clock (`tat`, the theoretical arrival time) stands where the next evenly spaced request would go. A
request takes its slot by moving the clock on by one step; it may run at most `burst - 1` steps ahead of the
present. As burst + rate = limit, no 60-second window ever holds more than the limit; half a second is
spared, since requests reach the Hub less evenly than they leave. Sustained demand gets at least 95% of a
limit of 50 or more. A rate limit told by the Hub moves the clock for everybody.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from emsp.hub.errors import Delivery, RateLimited

WINDOW_MS: Final = 60_000
BURST_PER_THOUSAND: Final = 35
SPARED_MS: Final = 500
"""Requests reach the Hub less evenly than they leave: a cold Lambda opens its connection first."""

FIRST_HOLD_S: Final = 5.0
"""How long everybody waits when the Hub names no time; doubled while it goes on saying so."""
LONGEST_HOLD_S: Final = 60.0


class Quota(Protocol):
    """What the Hub client needs of a quota."""

    def take(self, module: str, max_wait_s: float) -> None:
        """Return when a request may go out. Raises RateLimited with the wait when that is beyond
        max_wait_s.
        """

    def hold(self, module: str, retry_after_s: float) -> float:
        """The Hub said stop: nobody sends for so many seconds (zero: it named no time). Returns the
        seconds.
        """


@dataclass(frozen=True)
class Rate:
    """A limit split into a burst and evenly spaced steps, in whole milliseconds."""

    burst: int
    step_ms: int

    @classmethod
    def of(cls, limit: int, window_ms: int = WINDOW_MS) -> "Rate":
        """The split of `limit` requests in any window. The step is rounded up: never over the limit."""
        guarded_ms = window_ms + SPARED_MS
        if limit < 2:
            return cls(burst=1, step_ms=guarded_ms)
        burst = max(2 if limit >= 40 else 1, limit * BURST_PER_THOUSAND // 1000)
        return cls(burst=burst, step_ms=-(-guarded_ms // (limit - burst)))

    @property
    def ahead_ms(self) -> int:
        """How far the clock may stand ahead of the present for a request to go out now."""
        return (self.burst - 1) * self.step_ms


class Slot(Protocol):
    """A taken place on the clock (`granted`), or the clock as it stood when there was none; milliseconds."""

    @property
    def granted(self) -> bool: ...

    @property
    def tat_ms(self) -> int: ...


class SharedClock(Protocol):
    """The shared state, one item for each module."""

    def take(self, module: str, *, now_ms: int, step_ms: int, most_ahead_ms: int) -> Slot:
        """Move the clock on by one step if it is at most `most_ahead_ms` ahead; `tat_ms` is as before the
        step.
        """

    def held_until_ms(self, module: str) -> int: ...

    def hold(self, module: str, *, now_ms: int, until_ms: int, tat_ms: int) -> None:
        """Move hold and clock to at least these times."""

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int, ahead_ms: int) -> int:
        """Hold for twice as long as the hold that ended just now, else `first_ms`. Returns the end of the
        hold.
        """


class SharedQuota:
    """Quota for modules with a limit; modules without one are never held."""

    def __init__(
        self,
        shared_clock: SharedClock,
        limits: Mapping[str, int],
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        sleep: Callable[[float], None] = time.sleep,
        window_ms: int = WINDOW_MS,
    ) -> None:
        self._shared_clock = shared_clock
        self._rates = {module: Rate.of(limit, window_ms) for module, limit in limits.items()}
        self._now_ms = now_ms
        self._sleep = sleep

    def take(self, module: str, max_wait_s: float) -> None:
        """See Quota. A waiting caller takes its slot first and sleeps until it comes: no crowd at the end."""
        rate = self._rates.get(module)
        if rate is None:
            return
        give_up_ms = self._now_ms() + int(max_wait_s * 1000)
        while True:
            now_ms = self._now_ms()
            wait_allowed_ms = max(0, give_up_ms - now_ms)
            slot = self._shared_clock.take(
                module, now_ms=now_ms, step_ms=rate.step_ms, most_ahead_ms=rate.ahead_ms + wait_allowed_ms
            )
            wait_ms = slot.tat_ms - rate.ahead_ms - now_ms
            if not slot.granted:
                held = self._shared_clock.held_until_ms(module) > now_ms
                raise _used_up(module, wait_ms, held=held)
            if wait_ms <= 0:
                return
            self._sleep(wait_ms / 1000)
            if self._shared_clock.held_until_ms(module) <= self._now_ms():
                return

    def hold(self, module: str, retry_after_s: float) -> float:
        """See Quota. After a hold the steps go on evenly, without a burst."""
        rate = self._rates.get(module)
        if rate is None:
            return retry_after_s or FIRST_HOLD_S
        now_ms = self._now_ms()
        if retry_after_s > 0:
            until_ms = now_ms + int(retry_after_s * 1000)
            self._shared_clock.hold(module, now_ms=now_ms, until_ms=until_ms, tat_ms=until_ms + rate.ahead_ms)
        else:
            until_ms = self._shared_clock.hold_longer(
                module,
                now_ms=now_ms,
                first_ms=int(FIRST_HOLD_S * 1000),
                longest_ms=int(LONGEST_HOLD_S * 1000),
                ahead_ms=rate.ahead_ms,
            )
        return max(0.0, (until_ms - now_ms) / 1000)


def _used_up(module: str, wait_ms: int, *, held: bool) -> RateLimited:
    wait_s = max(0.001, wait_ms / 1000)
    why = f"the Hub has told us to hold {module} back" if held else f"our quota for {module} is used up"
    return RateLimited(
        f"{why}: wait {wait_s:.1f} s, or pass a larger max_wait_s",
        retry_after_s=wait_s,
        delivery=Delivery.NEVER,
    )
