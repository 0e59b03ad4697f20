"""An eMSP whose days go well: so many charges a day, and what goes wrong by itself and mends by itself.

| in a healthy month | how often |
| --- | --- |
| charges | by the hours of a day; each has ten pushes in 45 minutes and a CDR, half are started from afar |
| pushes answered 5xx, answered after more than 4 s | 2 and 100 of a million |
| requests of drivers' apps (four a minute of a charge) that are answered 503 | 2 of 1,000 |
| commands without a result in time | 2 of 100 |
| calls that the quota or the Hub turns away | 1 of 1,000 commands |
| strangers at our address | one every hour; every week 150 in 3 minutes, and one at a path of pushes |
| pulls that fail | 1 of 300 |
| checks of the Hub that are not answered | 1 of 1,000 |
| calls that fail once, batches of a stream that come 2 minutes late | one of each function every week |
| calls that Lambda turns away | one every week |
"""

import math
import random
from collections import deque
from typing import Final, Self

from emsp.metrics import Metric
from tests.alarms.world import World

HOUR: Final = 60
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
MONTH: Final = 30 * DAY
SHARE_OF_AN_HOUR: Final = (1, 1, 1, 1, 1, 2, 4, 6, 7, 6, 5, 5, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3, 2, 1)
"""Charges in each hour of a day, midnight first."""
PUSH_MINUTES: Final = range(0, 50, 5)
STREAM_READERS: Final = (
    "PublishChangesFunction",
    "LinkSessionFunction",
    "CheckCdrFunction",
    "ResumeWorkflowFunction",
)
WAITED_FOR: Final = (
    "VersionsFunction",
    "ReceiveSessionFunction",
    "ReceiveCdrFunction",
    "ReceiveCommandResultFunction",
    "AuthorizeTokenFunction",
    "SendCommandFunction",
)


class Healthy:
    """Each method is something that happens in a minute; a fault is a subclass in which one is otherwise."""

    def __init__(self, world: World, charges_a_day: int, seed: int) -> None:
        self.world = world
        self.charges_a_day = charges_a_day
        self.random = random.Random(seed)
        self.begun: deque[int] = deque([0] * 60, maxlen=60)

    def after(self, healthy: "Healthy") -> Self:
        """Goes on where the healthy one is, which may be gone on from again."""
        self.begun = healthy.begun.copy()
        self.random.setstate(healthy.random.getstate())
        for name, series in healthy.world.metrics.items():
            if name in self.world.looked_at:
                self.world.metrics[name] = series.copy()
        return self

    def minute(self, at: int) -> None:
        hour = at % DAY // HOUR
        expected = self.charges_a_day * SHARE_OF_AN_HOUR[hour] / sum(SHARE_OF_AN_HOUR) / HOUR
        self.begun.appendleft(self.drawn(expected))
        self.probe(at)
        self.strangers(at)
        pushes = sum(self.begun[ago] for ago in PUSH_MINUTES)
        if pushes:
            self.pushes(at, pushes)
        self.cdrs(at, self.begun[50])
        self.drivers(at, 4 * sum(self.begun[ago] for ago in range(45)))
        starts, stops = self.half(self.begun[0]), self.half(self.begun[45])
        if starts + stops:
            self.commands(at, starts + stops)
        for function, batches in zip(
            STREAM_READERS, (pushes, starts, self.begun[50], starts + stops), strict=True
        ):
            if batches:
                self.stream(at, function)
        self.expiries(at, starts + stops)
        self.clock(at)
        self.hiccups(at)

    # ------------------------------------------------------------------------------------ called by the Hub
    def probe(self, at: int) -> None:
        self.world.answered(at, 200, 20)
        self.world.invoked(at, "VersionsFunction")

    def strangers(self, at: int) -> None:
        self.refused_strangers(at, self.drawn(1 / HOUR))
        if at % WEEK in range(2 * DAY, 2 * DAY + 3):
            self.refused_strangers(at, 50)
        if self.chance(1 / WEEK):
            self.world.printed(at, Metric.PUSHES_REFUSED)
            self.world.answered(at, 401, 20)

    def refused_strangers(self, at: int, times: int) -> None:
        self.world.answered(at, 401, 20, times)
        self.world.invoked(at, "VersionsFunction", times)

    def pushes(self, at: int, times: int) -> None:
        failed, slow = self.drawn(2e-6 * times), self.drawn(1e-4 * times)
        self.world.answered(at, 500, 300, failed)
        self.world.answered(at, 200, 4500, slow)
        self.world.answered(at, 200, 1200 if self.chance(0.02) else 20, max(0, times - failed - slow))
        self.world.invoked(at, "ReceiveSessionFunction", times)
        self.world.printed(at, Metric.PUSHES_STORED, times=times - failed)

    def cdrs(self, at: int, times: int) -> None:
        self.world.answered(at, 200, 20, times)
        self.world.invoked(at, "ReceiveCdrFunction", times)
        self.world.printed(at, Metric.PUSHES_STORED, times=times)

    # -------------------------------------------------------------------------------- asked for by drivers
    def commands(self, at: int, times: int) -> None:
        timeouts, turned_away = self.drawn(0.02 * times), self.drawn(0.001 * times)
        self.world.invoked(at, "SendCommandFunction", times)
        self.world.printed(at, Metric.HUB_ERRORS, times=turned_away, error="RateLimited")
        self.world.printed(at, Metric.COMMAND_TIMEOUTS, times=min(timeouts, times))
        self.world.printed(at, Metric.COMMANDS_DECIDED, times=min(timeouts, times), state="TIMEOUT")
        self.world.printed(at, Metric.COMMANDS_DECIDED, times=max(0, times - timeouts), state="ACCEPTED")

    def drivers(self, at: int, times: int) -> None:
        """Their apps ask for their charges."""
        failed = times // 500
        self.world.answered_drivers(at, 503, failed)
        self.world.answered_drivers(at, 200, times - failed)

    def expiries(self, at: int, times: int) -> None:
        self.world.invoked(at, "ExpireCommandFunction", times)
        if times:
            self.world.queued(at, "ExpireCommandQueue", visible=times, oldest_s=20)

    # ------------------------------------------------------------------------------------- by the streams
    def stream(self, at: int, function: str) -> None:
        self.world.streamed(at, function, 400)

    # --------------------------------------------------------------------------------------- by the clock
    def clock(self, at: int) -> None:
        """As the schedules' defaults say; in every fourth hour a minute late."""
        due = at - (at // HOUR % 4 == 0)
        if due % 15 == 5:
            self.pull(at, "locations", "delta")
        if due % HOUR == 40:
            self.pull(at, "tariffs", "delta")
        if due % DAY == 20 * HOUR:
            self.pull(at, "locations", "full")
        if due % DAY == 20 * HOUR + 30:
            self.pull(at, "tariffs", "full")
        if at % 5 == 3:
            self.check(at)
        if at % 5 == 4:
            self.watch(at)
        self.enforce(at)

    def pull(self, at: int, module: str, mode: str) -> None:
        self.world.invoked(at, f"Pull{module.title()}Function")
        if self.chance(1 / 300):
            self.world.printed(at, Metric.PULLS_FAILED)
            self.world.printed(at + 2, Metric.PULLS_COMPLETED, module=module, mode=mode)  # tried again
        else:
            self.world.printed(at, Metric.PULLS_COMPLETED, module=module, mode=mode)

    def check(self, at: int) -> None:
        self.world.invoked(at, "CheckHubFunction")
        self.world.printed(at, Metric.HUB_REACHABLE, int(not self.chance(1 / 1000)))
        self.world.printed(at, Metric.OUR_PARTY_NOT_CONNECTED, 0)

    def watch(self, at: int) -> None:
        self.world.invoked(at, "WatchChargesFunction")

    def enforce(self, at: int) -> None:
        self.world.invoked(at, "EnforceLimitsFunction")

    # -------------------------------------------------------------------------------------------- by itself
    def hiccups(self, at: int) -> None:
        for function in STREAM_READERS:
            if self.chance(1 / WEEK):
                self.world.streamed(at, function, 120_000)
            if self.chance(1 / WEEK):
                self.world.streamed(at, function, 400, fails=True)
        if self.chance(1 / WEEK):
            self.world.invoked(at, "ExpireCommandFunction", fails=True)
        if self.chance(1 / WEEK):
            self.world.throttled(at, self.random.choice(WAITED_FOR))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def half(self, number: int) -> int:
        return sum(self.chance(0.5) for _ in range(number))

    def drawn(self, expected: float) -> int:
        """How many come where so many are expected, each by itself (Poisson)."""
        limit, product, number = math.exp(-expected), self.random.random(), 0
        while product > limit:
            product *= self.random.random()
            number += 1
        return number
