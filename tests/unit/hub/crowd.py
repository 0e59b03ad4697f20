"""Many callers of one quota on a fake clock, with all that differs between Lambdas: how long DynamoDB takes,
how old a read is, how late somebody wakes up, whose clock is wrong, how long the way to the Hub is.

Each caller is a thread, of which one runs at a time: it hands over whenever it would wait. The same seed is
the same history.
"""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from emsp.hub.errors import RateLimited
from emsp.hub.quota import SharedQuota

BEGUN_MS = 1_700_000_000_000


@dataclass(frozen=True)
class SeenPlaces:
    taken_ms: dict[int, int]
    held_until_ms: int = 0


@dataclass
class OneItem:
    """The shared item, as stores/quota.py keeps it, without DynamoDB (test_quota.py compares
    the two).
    """

    taken_ms: dict[int, int] = field(default_factory=dict)
    hold_until_ms: int = 0

    def read(self, module: str, *, consistent: bool = False) -> SeenPlaces:
        return SeenPlaces(dict(self.taken_ms), self.hold_until_ms)

    def take(
        self, module: str, place: int, *, at_ms: int, seen_ms: int | None, held_until_ms: int
    ) -> SeenPlaces | None:
        if self.taken_ms.get(place) != seen_ms or self.hold_until_ms > held_until_ms:
            return self.read(module)
        self.taken_ms[place] = at_ms
        return None

    def hold(self, module: str, *, now_ms: int, until_ms: int) -> None:
        self.hold_until_ms = max(self.hold_until_ms, until_ms)

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int) -> int:
        self.hold(module, now_ms=now_ms, until_ms=now_ms + first_ms)
        return now_ms + first_ms


@dataclass
class Weather:
    """How far apart things can be, in milliseconds."""

    store_ms: int = 20
    slow_store_ms: int = 3000
    """How long one write in a hundred takes: a try that timed out, and its repetition."""
    outdated_ms: int = 500
    late_ms: int = 50
    skew_ms: int = 20
    way_ms: int = 500


class Crowd:
    """Runs callers until all have ended. `arrivals` is the Hub's view: when, in milliseconds, by whom."""

    def __init__(self, seed: int, weather: Weather | None = None) -> None:
        self.random = random.Random(seed)
        self.weather = weather or Weather()
        self.now_ms = BEGUN_MS
        self.item = OneItem()
        self.arrivals: list[tuple[int, str]] = []
        self.calls = 0
        self._past: list[tuple[int, SeenPlaces]] = []
        self._due: list[tuple[int, int, threading.Semaphore]] = []
        self._turns = 0
        self._ended = threading.Semaphore(0)
        self._failure: BaseException | None = None

    def run(self, *callers: Callable[[], object]) -> None:
        """Let all of them begin now, and return when the last has ended."""
        threads = [threading.Thread(target=self._one, args=(each, self._due_in(0))) for each in callers]
        for each in threads:
            each.start()
        self._hand_over()
        self._ended.acquire()
        for each in threads:
            each.join()
        if self._failure:
            raise self._failure

    def wait(self, ms: float) -> None:
        """As time.sleep, for callers."""
        mine = self._due_in(ms)
        self._hand_over()
        mine.acquire()

    def request(self, quota: SharedQuota, max_wait_s: float, who: str = "") -> float | None:
        """Take a place and reach the Hub. Returns the wait that was told, if there was none."""
        try:
            quota.take("authorize", max_wait_s)
        except RateLimited as refused:
            return refused.retry_after_s
        self.wait(self.random.randint(0, self.weather.way_ms))
        self.arrivals.append((self.now_ms, who))
        return None

    def caller(self, limit: int) -> SharedQuota:
        """The quota as one Lambda has it."""
        skew_ms = self.random.randint(-self.weather.skew_ms, self.weather.skew_ms)
        return SharedQuota(
            self,
            {"authorize": limit},
            now_ms=lambda: self.now_ms + skew_ms,
            sleep=lambda seconds: self.wait(seconds * 1000 + self.random.randint(0, self.weather.late_ms)),
            choose=self.random.choice,
        )

    # What SharedQuota needs of a store, with the time that it takes.

    def read(self, module: str, *, consistent: bool = False) -> SeenPlaces:
        self._store_works()
        oldest = self.now_ms - (0 if consistent else self.random.randint(0, self.weather.outdated_ms))
        seen = next((places for at, places in reversed(self._past) if at <= oldest), SeenPlaces({}))
        self._store_works()
        return self.item.read(module) if consistent else seen

    def take(
        self, module: str, place: int, *, at_ms: int, seen_ms: int | None, held_until_ms: int
    ) -> SeenPlaces | None:
        self._store_works()
        changed = self.item.take(module, place, at_ms=at_ms, seen_ms=seen_ms, held_until_ms=held_until_ms)
        self._past.append((self.now_ms, self.item.read(module)))
        self._store_works()
        return changed

    def hold(self, module: str, *, now_ms: int, until_ms: int) -> None:
        self._store_works()
        self.item.hold(module, now_ms=now_ms, until_ms=until_ms)
        self._past.append((self.now_ms, self.item.read(module)))
        self._store_works()

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int) -> int:
        self.hold(module, now_ms=now_ms, until_ms=now_ms + first_ms)
        return now_ms + first_ms

    def _store_works(self) -> None:
        self.calls += 1
        slow = self.weather.slow_store_ms if self.random.random() < 0.01 else 0
        self.wait(self.random.randint(1, self.weather.store_ms) + slow)

    def _due_in(self, ms: float) -> threading.Semaphore:
        mine = threading.Semaphore(0)
        self._turns += 1
        heapq.heappush(self._due, (self.now_ms + max(0, round(ms)), self._turns, mine))
        return mine

    def _hand_over(self) -> None:
        if not self._due:
            self._ended.release()
            return
        self.now_ms, _, whose = heapq.heappop(self._due)
        whose.release()

    def _one(self, caller: Callable[[], object], turn: threading.Semaphore) -> None:
        turn.acquire()
        try:
            caller()
        except BaseException as error:  # noqa: BLE001  raised again in run
            self._failure = error
        self._hand_over()
