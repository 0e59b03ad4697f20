"""What a CPO's objects can need passes without a word; what is far beyond it is counted, or turned away."""

import pytest

from emsp.ocpi.parties import PartyId
from emsp.pushes import rate_limit
from emsp.pushes.rate_limit import PushRate
from emsp.receiver.errors import TooManyPushes

CPO, OTHER = PartyId("IN", "ABC"), PartyId("IN", "XYZ")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    found: list[object] = []
    monkeypatch.setattr(rate_limit, "count", found.append)
    return found


def test_many_sessions_may_push_often(counted: list[object]) -> None:
    rate = PushRate()
    for _ in range(12):
        for number in range(200):
            rate.push(CPO, f"S{number}")
    assert counted == []


def test_one_session_that_is_pushed_again_and_again_is_counted(counted: list[object]) -> None:
    rate = PushRate()
    for _ in range(100):
        rate.push(CPO, "S1")
    assert len(counted) == 100 - 60 - 12


def test_a_limit_is_for_each_cpo_and_minute(counted: list[object]) -> None:
    clock = Clock()
    rate = PushRate(at_most=3, clock=clock)
    for _ in range(3):
        rate.push(CPO, "S1")
    with pytest.raises(TooManyPushes) as raised:
        rate.push(CPO, "S2")
    assert (raised.value.http_status, raised.value.headers) == (429, {"Retry-After": "60"})
    assert len(counted) == 1
    rate.push(OTHER, "S1")
    clock.now = 61.0
    rate.push(CPO, "S1")


def test_neither_parties_nor_objects_fill_the_memory(counted: list[object]) -> None:
    rate = PushRate()
    for number in range(12_000):
        rate.push(CPO, f"S{number}")
    for number in range(2_000):
        rate.push(PartyId("IN", f"{number:03}"), "S1")
    assert len(rate._of) == rate_limit.PARTIES_AT_MOST
    assert len(rate._of[CPO].objects) == rate_limit.OBJECTS_AT_MOST
