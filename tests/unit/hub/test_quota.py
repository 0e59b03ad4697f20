"""The shared quota on a fake clock: no window over the limit, at least 95% of it used, nobody waits in
vain.
"""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emsp.hub.errors import Delivery, RateLimited
from emsp.hub.quota import Rate, SharedQuota

MINUTE = 60_000


@dataclass(frozen=True)
class Taken:
    granted: bool
    tat_ms: int


@dataclass
class OneClock:
    """The shared item, as stores/quota.py keeps it, without DynamoDB (test_quota_store.py compares the
    two).
    """

    tat_ms: int = 0
    hold_until_ms: int = 0

    def take(self, module: str, *, now_ms: int, step_ms: int, most_ahead_ms: int) -> Taken:
        if self.tat_ms > now_ms + most_ahead_ms:
            return Taken(granted=False, tat_ms=self.tat_ms)
        before = max(self.tat_ms, now_ms)
        self.tat_ms = before + step_ms
        return Taken(granted=True, tat_ms=before)

    def held_until_ms(self, module: str) -> int:
        return self.hold_until_ms

    def hold(self, module: str, *, now_ms: int, until_ms: int, tat_ms: int) -> None:
        self.hold_until_ms, self.tat_ms = max(self.hold_until_ms, until_ms), max(self.tat_ms, tat_ms)

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int, ahead_ms: int) -> int:
        self.hold(module, now_ms=now_ms, until_ms=now_ms + first_ms, tat_ms=now_ms + first_ms + ahead_ms)
        return now_ms + first_ms


@dataclass
class FakeTime:
    now: int = 1_700_000_000_000
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += round(seconds * 1000)


def quota(limit: int, time: FakeTime, clock: OneClock) -> SharedQuota:
    return SharedQuota(clock, {"authorize": limit}, now_ms=lambda: time.now, sleep=time.sleep)


def most_in_any_window(moments: list[int], window_ms: int = MINUTE) -> int:
    return max(sum(start <= each <= start + window_ms for each in moments) for start in moments)


@pytest.mark.parametrize("limit", [50, 100, 200])
def test_the_hubs_documented_limits_are_used_to_95_percent_and_never_exceeded(limit: int) -> None:
    time, clock = FakeTime(), OneClock()
    shared = quota(limit, time, clock)
    sent: list[int] = []
    begun = time.now
    while time.now - begun < 10 * MINUTE:
        shared.take("authorize", max_wait_s=30)
        sent.append(time.now)
    assert most_in_any_window(sent) <= limit
    assert len(sent) / 10 >= 0.95 * limit


@settings(max_examples=200)
@given(
    limit=st.integers(1, 300),
    pauses=st.lists(st.integers(0, 20_000), min_size=1, max_size=300),
)
def test_no_demand_whatsoever_exceeds_the_limit_in_any_window(limit: int, pauses: list[int]) -> None:
    time, clock = FakeTime(), OneClock()
    shared = quota(limit, time, clock)
    sent: list[int] = []
    for pause in pauses:
        time.now += pause
        try:
            shared.take("authorize", max_wait_s=0)
        except RateLimited:
            continue
        sent.append(time.now)
    assert not sent or most_in_any_window(sent) <= limit


@given(st.integers(1, 1000))
def test_burst_and_rate_together_are_never_more_than_the_limit(limit: int) -> None:
    rate = Rate.of(limit)
    assert rate.burst + MINUTE // rate.step_ms <= limit


def test_who_may_not_wait_is_told_at_once_for_how_long() -> None:
    time, clock = FakeTime(), OneClock()
    shared = quota(100, time, clock)
    for _ in range(3):
        shared.take("authorize", max_wait_s=0)
    with pytest.raises(RateLimited, match="max_wait_s") as raised:
        shared.take("authorize", max_wait_s=0)
    assert raised.value.delivery is Delivery.NEVER
    assert time.slept == []
    time.now += round(raised.value.retry_after_s * 1000)
    shared.take("authorize", max_wait_s=0)


def test_who_may_wait_gets_a_slot_of_its_own_and_no_crowd_forms() -> None:
    time, clock = FakeTime(), OneClock()
    waits: list[float] = []
    for _ in range(20):
        waiting = SharedQuota(clock, {"authorize": 100}, now_ms=lambda: time.now, sleep=waits.append)
        waiting.take("authorize", max_wait_s=60)
    assert len(waits) == 17
    steps = {round((later - earlier) * 1000) for earlier, later in pairwise(waits)}
    assert steps == {Rate.of(100).step_ms}


def test_who_slept_through_a_hold_begins_anew() -> None:
    time, clock = FakeTime(), OneClock()

    def sleep_while_another_is_throttled(seconds: float) -> None:
        time.sleep(seconds)
        if len(time.slept) == 1:
            quota(100, time, clock).hold("authorize", 10)

    for _ in range(3):
        quota(100, time, clock).take("authorize", max_wait_s=0)
    shared = SharedQuota(
        clock, {"authorize": 100}, now_ms=lambda: time.now, sleep=sleep_while_another_is_throttled
    )
    shared.take("authorize", max_wait_s=60)
    assert time.now >= clock.hold_until_ms


def test_after_a_hold_requests_go_out_evenly_and_not_in_a_burst() -> None:
    time, clock = FakeTime(), OneClock()
    shared = quota(100, time, clock)
    assert shared.hold("authorize", 7.0) == 7.0
    sent = []
    for _ in range(5):
        shared.take("authorize", max_wait_s=60)
        sent.append(time.now)
    gaps = {later - earlier for earlier, later in pairwise(sent)}
    assert gaps == {Rate.of(100).step_ms}


def test_a_module_without_a_limit_is_never_held() -> None:
    shared = quota(1, FakeTime(), OneClock())
    for _ in range(10):
        shared.take("credentials", max_wait_s=0)


def test_fifty_callers_with_clocks_that_differ_stay_within_the_limit() -> None:
    """Lambdas' clocks differ by milliseconds; half a second is spared for that and for the network."""
    clock, begun = OneClock(), 1_700_000_000_000
    spread = random.Random(7)
    callers = [spread.randint(-200, 200) for _ in range(50)]
    sent = []
    for now in range(begun, begun + 3 * MINUTE, 50):
        skew = spread.choice(callers)
        shared = SharedQuota(clock, {"authorize": 100}, now_ms=lambda at=now + skew: at)  # type: ignore[misc]
        try:
            shared.take("authorize", max_wait_s=0)
        except RateLimited:
            continue
        sent.append(now)
    assert most_in_any_window(sent) <= 100
    assert len(sent) >= 3 * 95


def test_whoever_is_held_back_is_told_by_whom() -> None:
    time, clock = FakeTime(), OneClock()
    shared = quota(1, time, clock)
    shared.take("authorize", max_wait_s=0)
    with pytest.raises(RateLimited, match="our quota for authorize is used up"):
        shared.take("authorize", max_wait_s=0)
    time.now += 50_000
    shared.hold("authorize", 30)
    with pytest.raises(RateLimited, match=r"the Hub has told us to hold authorize back: wait 30\.0 s"):
        shared.take("authorize", max_wait_s=0)
    time.now += 100_000
    shared.take("authorize", max_wait_s=0)
