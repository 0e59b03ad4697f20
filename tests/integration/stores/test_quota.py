"""The quota's item in DynamoDB behaves as the item that its rules are proved on, for 50 callers too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.hub.errors import RateLimited
from emsp.hub.quota import SharedPlaces, SharedQuota
from emsp.stores import aws
from emsp.stores.quota import QuotaStore
from tests.fresh_aws import fresh_aws
from tests.profiles import examples
from tests.template.stores import create_tables
from tests.unit.hub.crowd import OneItem
from tests.unit.hub.test_quota import FakeTime


@pytest.fixture(scope="module")
def store() -> Iterator[QuotaStore]:
    with fresh_aws():
        create_tables(boto3.client("dynamodb"), "control")
        aws.dynamodb_client.cache_clear()
        yield QuotaStore(aws.dynamodb_client(), "control")
        aws.dynamodb_client.cache_clear()


modules = iter(range(10**9))


@examples(0.25)
@given(
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    acts=st.lists(
        st.tuples(
            st.sampled_from(["take", "take", "take", "wait", "hold"]),
            st.integers(0, 9000),
            st.integers(1, 90),
        ),
        max_size=30,
    ),
)
def test_the_item_moves_as_the_model_does(
    store: QuotaStore, limits: list[int], acts: list[tuple[str, int, int]]
) -> None:
    module = f"module-{next(modules)}"
    times = FakeTime(), FakeTime()
    model = OneItem()
    shared: tuple[SharedPlaces, ...] = (store, model)
    choices = Random(1), Random(1)
    for number, (act, pause, seconds) in enumerate(acts):
        limit = limits[number * len(limits) // len(acts)]
        outcomes: list[object] = []
        for places, time, choice in zip(shared, times, choices, strict=True):
            quota = SharedQuota(
                places,
                {module: limit},
                now_ms=lambda time=time: time.now,  # type: ignore[misc]
                sleep=time.sleep,
                choose=choice.choice,
            )
            time.now += pause
            try:
                if act == "hold":
                    outcomes.append(quota.hold(module, seconds))
                else:
                    quota.take(module, float(seconds) if act == "wait" else 0.0)
                    outcomes.append("taken")
            except RateLimited as refused:
                outcomes.append(refused.retry_after_s)
        assert outcomes[0] == outcomes[1]
        assert times[0].now == times[1].now
        assert store.read(module).taken_ms == model.taken_ms


def test_a_place_that_changed_is_not_taken_and_all_are_told(store: QuotaStore) -> None:
    module = f"module-{next(modules)}"
    assert store.take(module, 3, at_ms=1000, seen_ms=None, held_until_ms=0) is None
    changed = store.take(module, 3, at_ms=2000, seen_ms=None, held_until_ms=0)
    assert changed == store.read(module, consistent=True)
    assert changed is not None
    assert changed.taken_ms == {3: 1000}
    store.hold(module, now_ms=1000, until_ms=5000)
    changed = store.take(module, 3, at_ms=2000, seen_ms=1000, held_until_ms=0)
    assert changed is not None
    assert changed.held_until_ms == 5000
    assert store.take(module, 3, at_ms=6000, seen_ms=1000, held_until_ms=5000) is None


@pytest.mark.parametrize(("limit", "free"), [(50, 50), (100, 50), (50, 30)])
def test_fifty_callers_at_once_are_all_served_and_take_no_more_than_there_is(
    store: QuotaStore, limit: int, free: int
) -> None:
    """Conditional writes are atomic here by conftest.py's lock, in the local cloud by themselves
    (tests/e2e/test_quota.py).
    """
    module = f"crowd-{next(modules)}"
    time = FakeTime()
    for place in range(free, 50):
        store.take(module, place, at_ms=time.now, seen_ms=None, held_until_ms=0)

    def take(_: int) -> bool:
        try:
            SharedQuota(store, {module: limit}, now_ms=lambda: time.now).take(module, 0)
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        granted = sum(pool.map(take, range(50)))
    assert granted == free
    assert len(store.read(module, consistent=True).taken_ms) == 50


def test_places_of_the_hubs_limits_fit_into_the_write_units_that_the_readme_names(store: QuotaStore) -> None:
    """DynamoDB counts a name's bytes, and for a number one byte and one for each two significant digits."""
    for limit, units in ((50, 1), (100, 1), (200, 2)):
        module = f"lists-{next(modules)}"
        time = FakeTime(now=1_999_999_999_999)
        store.hold(module, now_ms=time.now - 121_111, until_ms=time.now - 61_111)
        for _ in range(limit):
            SharedQuota(store, {module: limit}, now_ms=lambda time=time: time.now).take(module, 0)  # type: ignore[misc]
        size = len("control_key") + len("quota#authorize")
        for name, value in store._read(module, consistent=True).items():
            if "N" in value:
                size += len(name) + 1 + -(-len(value["N"].rstrip("0")) // 2) + 1
        assert -(-size // 1024) == units
