"""A `last_updated` that can't be orders nothing: no wrong clock freezes a session."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.wrong_clocks import CLOCKS_APART
from tests.integration.house import House
from tests.integration.samples import path_of, session

KEY = "IN#CPO#S-1"
FAR_AHEAD = "2036-01-01T00:00:00Z"


def in_time(**apart: float) -> str:
    """A moment so far from now."""
    return write_datetime(datetime.now(UTC) + timedelta(**apart))


def push(house: House, method: str, at: str, kwh: int, **changes: Any) -> None:
    value = {"kwh": kwh, "last_updated": at} if method == "PATCH" else session(at=at, kwh=kwh, **changes)
    assert house.call(method, path_of(session()), {**value, **changes}).status_code == 1000


def kwh(house: House) -> int:
    return int(house.stored_object("sessions", KEY)["kwh"])


@pytest.mark.parametrize(
    "first", [FAR_AHEAD, "9999-12-31T23:59:59Z", in_time(hours=5.5)], ids=["years", "the last", "hours"]
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_credible_push_replaces_one_from_the_future(house: House, first: str, method: str) -> None:
    push(house, "PUT", first, 1)
    item = house.item("sessions", KEY)
    assert item is not None
    assert [each["problem"] for each in json.loads(item["deviations"]["S"])] == [
        "is later than when it was received"
    ]
    push(house, method, in_time(seconds=-1), 2)
    assert kwh(house) == 2


def test_a_push_from_the_future_replaces_and_leaves_the_order(house: House) -> None:
    push(house, "PUT", "2026-11-22T10:00:00Z", 1)
    push(house, "PUT", FAR_AHEAD, 2)
    assert kwh(house) == 2, "it is the newest that came"
    push(house, "PUT", "2026-11-22T09:59:00Z", 3)
    assert kwh(house) == 2, "older than the last that can be believed"
    push(house, "PUT", "2026-11-22T10:01:00Z", 4)
    assert kwh(house) == 4


def test_a_clock_that_is_always_ahead_is_ordered_by_arrival(house: House) -> None:
    for number in range(1, 4):
        push(house, "PUT", in_time(hours=5.5, seconds=number), number)
    push(house, "PATCH", in_time(hours=5.5), 4)
    assert kwh(house) == 4
    push(house, "PUT", in_time(hours=5.5), 5, status="COMPLETED")
    push(house, "PUT", in_time(hours=5.5), 6)
    assert kwh(house) == 5, "a session does not go back from its end"


def test_a_clock_that_is_a_little_ahead_is_right(house: House) -> None:
    push(house, "PUT", in_time(seconds=CLOCKS_APART.total_seconds() - 60), 1)
    push(house, "PUT", in_time(seconds=-1), 2)
    assert kwh(house) == 1


PUSHES = st.lists(
    st.tuples(st.sampled_from(["PUT", "PATCH"]), st.one_of(st.none(), st.integers(0, 5))),
    min_size=1,
    max_size=7,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pushes=PUSHES)
def test_in_any_order_the_last_that_counts_stands(house: House, pushes: list[tuple[str, int | None]]) -> None:
    """None is a stamp from the future; the others are minutes."""
    house.empty()
    push(house, "PUT", "2026-11-22T10:00:00Z", 0)
    newest, expected = 0, 0
    for number, (method, minute) in enumerate(pushes, start=1):
        at = FAR_AHEAD if minute is None else f"2026-11-22T10:{minute:02}:00Z"
        push(house, method, at, number)
        if minute is None or minute >= newest:
            newest, expected = minute or newest, number
        assert kwh(house) == expected
