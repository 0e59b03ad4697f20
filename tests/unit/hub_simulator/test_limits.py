import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hub_simulator.limits import most_in_any_window
from tests.unit.hub_simulator.conftest import Connected


@given(st.lists(st.integers(0, 200), max_size=40), st.integers(1, 60))
def test_the_fullest_window_is_found(moments: list[int], window: int) -> None:
    ordered = sorted(float(m) for m in moments)
    slow = max((sum(start <= m < start + window for m in ordered) for start in ordered), default=0)
    assert most_in_any_window(ordered, float(window)) == slow


def test_fifty_callers_never_get_more_than_the_limit_in_any_window(connected: Connected) -> None:
    connected.hub.admin.change_settings(limits={"per_window": {"authorize": 20}, "window_s": 0.4})

    def hammer(_: int) -> list[int]:
        return [connected.call("PUT", "tokens/IN/EMS/U1/authorize").code for _ in range(8)]

    with ThreadPoolExecutor(50) as callers:
        codes = list(chain.from_iterable(callers.map(hammer, range(50))))

    report = connected.hub.admin.limit("authorize")
    assert report["arrived"] == 400
    assert report["most_accepted_in_any_window"] == 20
    assert report["most_arrived_in_any_window"] > 20
    assert codes.count(1000) == report["accepted"]
    assert codes.count(2004) == report["refused"]
    assert len(connected.hub.admin.arrivals("authorize")) == 400


def test_room_comes_back_when_the_window_has_passed(connected: Connected) -> None:
    connected.hub.admin.change_settings(limits={"per_window": {"locations": 2}, "window_s": 1.0})
    first = [connected.call("GET", "locations?limit=1").code for _ in range(3)]
    time.sleep(1.05)
    assert [*first, connected.call("GET", "locations?limit=1").code] == [1000, 1000, 2004, 1000]


@pytest.mark.parametrize("http_status", [429, 200])
@pytest.mark.parametrize("retry_after", ["none", "seconds", "date"])
def test_a_refusal_comes_in_every_form(connected: Connected, http_status: int, retry_after: str) -> None:
    connected.hub.admin.change_settings(
        limits={"per_window": {"commands": 1}, "http_status": http_status, "retry_after": retry_after}
    )
    replies = [connected.call("POST", "commands/STOP_SESSION", {}) for _ in range(2)]
    assert (replies[1].status, replies[1].code) == (http_status, 2004)
    wait = replies[1].headers.get("retry-after")
    match retry_after:
        case "none":
            assert wait is None
        case "seconds":
            assert wait is not None
            assert 59 <= int(wait) <= 60
        case _:
            assert wait is not None
            assert 58 <= parsedate_to_datetime(wait).timestamp() - time.time() <= 61


def test_limits_can_be_switched_off_and_single_objects_have_none(connected: Connected) -> None:
    connected.hub.admin.change_settings(limits={"per_window": {"locations": 1}})
    codes = [connected.call("GET", "locations/IN/TZC/TZC-LOC-000001").code for _ in range(3)]
    connected.hub.admin.change_settings(limits={"per_window": {"locations": 0}})
    assert codes + [connected.call("GET", "locations").code for _ in range(3)] == [1000] * 6
