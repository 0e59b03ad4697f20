"""The quota's item in DynamoDB behaves as the clock that its arithmetic is proved on, also for 50 callers
at once.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from emsp.hub.errors import RateLimited
from emsp.hub.quota import SharedQuota
from emsp.stores import aws
from emsp.stores.quota import QuotaStore
from tests.integration.emsp_side import create_tables
from tests.unit.hub.test_quota import FakeTime, OneClock


@pytest.fixture(scope="module")
def store() -> Iterator[QuotaStore]:
    with mock_aws():
        create_tables(boto3.client("dynamodb"))
        aws.dynamodb_client.cache_clear()
        yield QuotaStore(aws.dynamodb_client(), "control")
        aws.dynamodb_client.cache_clear()


modules = iter(range(10**9))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["take", "take", "take", "wait", "hold"]), st.integers(0, 4000), st.integers(1, 9)
        ),
        max_size=25,
    )
)
def test_the_item_moves_as_the_model_does(store: QuotaStore, acts: list[tuple[str, int, int]]) -> None:
    module = f"module-{next(modules)}"
    times = FakeTime(), FakeTime()
    real = SharedQuota(store, {module: 60}, now_ms=lambda: times[0].now, sleep=times[0].sleep)
    model = SharedQuota(OneClock(), {module: 60}, now_ms=lambda: times[1].now, sleep=times[1].sleep)
    for act, pause, seconds in acts:
        outcomes: list[object] = []
        for shared, time in zip((real, model), times, strict=True):
            time.now += pause
            try:
                if act == "hold":
                    outcomes.append(shared.hold(module, seconds))
                else:
                    shared.take(module, float(seconds) if act == "wait" else 0.0)
                    outcomes.append("taken")
            except RateLimited as refused:
                outcomes.append(refused.retry_after_s)
        assert outcomes[0] == outcomes[1]
        assert times[0].now == times[1].now


def test_fifty_callers_at_once_take_no_more_than_there_is(
    store: QuotaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto's conditional writes are not atomic between threads, DynamoDB's are: a lock stands in for it here.

    The local cloud, whose writes are atomic, runs the same without a lock (tests/e2e/test_quota.py).
    """
    lock = threading.Lock()
    update = QuotaStore._update

    def atomic(*args: object) -> object:
        with lock:
            return update(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(QuotaStore, "_update", atomic)
    time = FakeTime()
    shared = SharedQuota(store, {"crowd": 100}, now_ms=lambda: time.now)

    def take(_: int) -> bool:
        try:
            shared.take("crowd", 0)
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        granted = sum(pool.map(take, range(50)))
    assert granted == 3
