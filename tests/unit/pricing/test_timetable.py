"""What a timetable leaves out never applies, and of many hours it leaves out most."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.pricing.amounts import ZERO
from emsp.pricing.elements import Component, Element, Prices, Reserved
from emsp.pricing.periods import Dimension, PricingPeriod
from emsp.pricing.restrictions import DaysOfWeek, Match, Restriction, TimeOfDay, judge_all
from emsp.pricing.timetable import Timetable

KEY = (Dimension.ENERGY, Reserved.NO)
COMPONENT = Component(ZERO, None, ZERO)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from((0, 30)))
ZONES = st.sampled_from(("Asia/Kolkata", "Europe/Amsterdam", "America/Sao_Paulo", None))
# Around the hour that is put back, and the one that is put forward, in Amsterdam; and any night.
MOMENTS = st.sampled_from((datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC)))


def prices(*hours: tuple[Restriction, ...]) -> Prices:
    return {KEY: [(Element(number, each), COMPONENT) for number, each in enumerate(hours)]}


def pricing_period(starts: datetime, minutes: float, zone: str | None) -> PricingPeriod:
    return PricingPeriod(
        position=0,
        starts=starts,
        ends=starts + timedelta(minutes=minutes),
        energy=(ZERO, ZERO),
        seconds=(ZERO, ZERO),
        volumes={},
        zone=ZoneInfo(zone) if zone else None,
    )


def left(found: Prices) -> list[int]:
    return [element.position for element, _ in found[KEY]]


@given(
    hours=st.lists(st.lists(st.builds(TimeOfDay, CLOCKS, CLOCKS), max_size=2).map(tuple), max_size=8),
    start=MOMENTS,
    after=st.integers(0, 3000),
    lasting=st.one_of(st.integers(0, 200), st.integers(0, 4000)),
    zone=ZONES,
)
def test_what_is_left_out_never_applies_and_the_rest_keeps_its_order(
    hours: list[tuple[TimeOfDay, ...]], start: datetime, after: int, lasting: int, zone: str | None
) -> None:
    period = pricing_period(start + timedelta(minutes=after), lasting, zone)
    kept = left(Timetable(prices(*hours)).prices_in(period))
    assert kept == sorted(kept)
    for number, each in enumerate(hours):
        assert number in kept or judge_all(each, period) is Match.NEVER


@pytest.mark.parametrize(
    ("hour", "expected"), [(9, [9, 24, 25]), (23, [23, 24, 25]), (0, [0, 24, 25])], ids=str
)
def test_of_an_element_for_each_hour_one_is_left(hour: int, expected: list[int]) -> None:
    each_hour = [(TimeOfDay(time(hour), time((hour + 1) % 24)),) for hour in range(24)]
    others: list[tuple[Restriction, ...]] = [(), (DaysOfWeek(frozenset({0}), "Monday"),)]
    timetable = Timetable(prices(*each_hour, *others))
    period = pricing_period(datetime(2026, 11, 22, hour, 10, tzinfo=UTC), 20, "UTC")
    assert left(timetable.prices_in(period)) == expected


def test_hours_of_no_length_are_never_open() -> None:
    timetable = Timetable(prices((TimeOfDay(time(9), time(9)),), (TimeOfDay(time(0), time(0)),)))
    assert left(timetable.prices_in(pricing_period(datetime(2026, 11, 22, 9, tzinfo=UTC), 20, "UTC"))) == [1]
