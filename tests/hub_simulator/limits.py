"""The Hub's limits per party and module, and an exact record of all arrivals."""

import math
import time
from collections import deque
from email.utils import formatdate

from tests.hub_simulator.envelope import Refusal
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.settings import LimitSettings, RetryAfter


def most_in_any_window(moments: list[float], window_s: float) -> int:
    """The largest number of moments (in ascending order) within any half-open window of window_s seconds."""
    most = start = 0
    for end, moment in enumerate(moments):
        while moment - moments[start] >= window_s:
            start += 1
        most = max(most, end - start + 1)
    return most


class _Counter:
    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.accepted: list[float] = []
        self.recent: deque[float] = deque()


class Limits:
    """Sliding windows. A request is refused if the window that ends with it has reached the limit already.

    A refused request does not count against the limit, but it counts as an arrival.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self._counters: dict[tuple[str, str], _Counter] = {}

    def arrive(self, party: str, module: str) -> None:
        """Count one request. Raises Refusal with 2004 above the limit."""
        counter = self._counters.setdefault((party, module), _Counter())
        at = time.monotonic()
        counter.arrivals.append(at)
        limit = self.settings.per_window.get(module, 0)
        while counter.recent and at - counter.recent[0] >= self.settings.window_s:
            counter.recent.popleft()
        if limit and len(counter.recent) >= limit:
            raise self.refusal(self.settings.window_s - (at - counter.recent[0]))
        counter.recent.append(at)
        counter.accepted.append(at)

    def refusal(
        self, wait_s: float, http_status: int | None = None, retry_after: RetryAfter | None = None
    ) -> Refusal:
        """2004, as HTTP 429 or 200, with or without Retry-After."""
        headers: dict[str, str] = {}
        match retry_after or self.settings.retry_after:
            case RetryAfter.SECONDS:
                headers["Retry-After"] = str(math.ceil(wait_s))
            case RetryAfter.DATE:
                headers["Retry-After"] = formatdate(time.time() + math.ceil(wait_s), usegmt=True)
            case RetryAfter.NONE:
                pass
        status = http_status or self.settings.http_status
        return Refusal(2004, "Rate limit exceeded", status, headers)

    def report(self) -> list[JsonObject]:
        """For each party and module: totals, the largest number in any window, and the limit."""
        window = self.settings.window_s
        return [
            {
                "party": party,
                "module": module,
                "limit": self.settings.per_window.get(module, 0),
                "window_s": window,
                "arrived": len(counter.arrivals),
                "accepted": len(counter.accepted),
                "refused": len(counter.arrivals) - len(counter.accepted),
                "most_arrived_in_any_window": most_in_any_window(counter.arrivals, window),
                "most_accepted_in_any_window": most_in_any_window(counter.accepted, window),
                "first_to_last_s": counter.arrivals[-1] - counter.arrivals[0] if counter.arrivals else 0.0,
            }
            for (party, module), counter in self._counters.items()
        ]

    def arrivals(self, module: str) -> list[float]:
        """When a module's requests arrived, in seconds of a monotonic clock, for all parties together."""
        return sorted(at for (_, m), c in self._counters.items() if m == module for at in c.arrivals)

    def reset(self) -> None:
        """Forget all arrivals."""
        self._counters.clear()
