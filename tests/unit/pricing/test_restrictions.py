"""When an element applies: each restriction at, just before and just after its edge."""

from typing import Any

import pytest

from emsp.ocpi.json_text import JsonObject
from tests.unit.pricing.sessions import MONDAY_10, codes, component, element, excl, period, priced, tariff

KWH_AT_5, KWH_AT_1 = component("ENERGY", 5), component("ENERGY", 1)


def applies(restrictions: dict[str, Any], *, start: str, zone: str | None = "UTC") -> str:
    """5 where the restricted element prices a kWh that is charged at `start`, 1 where it does not."""
    one: JsonObject = {
        "start_date_time": start,
        "tariff_id": "T1",
        "dimensions": [{"type": "ENERGY", "volume": 1}],
    }
    by = tariff(element(KWH_AT_5, **restrictions), element(KWH_AT_1))
    return excl(priced(by, one, zone=zone, start_date_time=start, end_date_time=start))


@pytest.mark.parametrize(
    ("restrictions", "clock", "expected"),
    [
        ({"start_time": "10:00", "end_time": "12:00"}, "09:59:59", "1"),
        ({"start_time": "10:00", "end_time": "12:00"}, "10:00:00", "5"),
        ({"start_time": "10:00", "end_time": "12:00"}, "11:59:59", "5"),
        ({"start_time": "10:00", "end_time": "12:00"}, "12:00:00", "1"),
        ({"start_time": "22:00", "end_time": "06:00"}, "23:00:00", "5"),
        ({"start_time": "22:00", "end_time": "06:00"}, "05:59:59", "5"),
        ({"start_time": "22:00", "end_time": "06:00"}, "06:00:00", "1"),
        ({"start_time": "20:00", "end_time": "00:00"}, "23:59:59", "5"),
        ({"start_time": "20:00", "end_time": "00:00"}, "00:00:00", "1"),
        ({"start_time": "20:00", "end_time": "24:00"}, "23:59:59", "5"),
        ({"start_time": "00:00", "end_time": "00:00"}, "13:00:00", "5"),
        ({"end_time": "00:00"}, "13:00:00", "5"),
        ({"start_time": "12:00"}, "23:59:59", "5"),
        ({"start_time": "12:00"}, "11:59:59", "1"),
        ({"end_time": "12:00"}, "11:59:59", "5"),
        ({"start_time": "10:00", "end_time": "10:00"}, "10:00:00", "1"),
        ({"day_of_week": ["MONDAY"]}, "10:00:00", "5"),
        ({"day_of_week": ["TUESDAY", "SUNDAY"]}, "10:00:00", "1"),
        ({"day_of_week": []}, "10:00:00", "5"),
        ({"start_date": "2026-11-23"}, "00:00:00", "5"),
        ({"start_date": "2026-11-24"}, "23:59:59", "1"),
        ({"end_date": "2026-11-23"}, "00:00:00", "1"),
        ({"end_date": "2026-11-24"}, "23:59:59", "5"),
        ({"start_time": "22:00", "end_time": "06:00", "day_of_week": ["MONDAY"]}, "05:00:00", "5"),
        ({"start_time": "22:00", "end_time": "06:00", "day_of_week": ["SUNDAY"]}, "05:00:00", "1"),
    ],
)
def test_local_time_decides(restrictions: dict[str, Any], clock: str, expected: str) -> None:
    assert applies(restrictions, start=f"2026-11-23T{clock}Z") == expected


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Asia/Kolkata", "2026-11-23T12:29:59Z", "1"),  # 17:59:59
        ("Asia/Kolkata", "2026-11-23T12:30:00Z", "5"),  # 18:00:00
        ("Europe/Amsterdam", "2026-10-24T16:00:00Z", "5"),  # summer time ends in that night
        ("Europe/Amsterdam", "2026-10-25T16:00:00Z", "1"),
        ("Europe/Amsterdam", "2026-10-25T17:00:00Z", "5"),
    ],
)
def test_local_is_the_locations_time_zone_on_that_day(zone: str, start: str, expected: str) -> None:
    assert applies({"start_time": "18:00", "end_time": "22:00"}, start=start, zone=zone) == expected


def test_an_hour_that_comes_twice_is_inside_twice_and_one_that_is_left_out_never() -> None:
    night = {"start_time": "02:00", "end_time": "03:00"}
    for moment, expected in [("00:30", "5"), ("01:30", "5"), ("02:00", "1")]:
        assert applies(night, start=f"2026-10-25T{moment}:00Z", zone="Europe/Amsterdam") == expected
    for moment in ("00:59", "01:00"):
        assert applies(night, start=f"2026-03-29T{moment}:59Z", zone="Europe/Amsterdam") == "1"


@pytest.mark.parametrize("zone", [None, "Mars/Olympus"])
def test_without_a_zone_nothing_is_told_where_local_time_decides(zone: str | None) -> None:
    assert applies({"start_time": "10:00"}, start="2026-11-23T10:00:00Z", zone=zone) == "NO_TIME_ZONE"


def test_without_a_zone_the_price_is_told_where_local_time_decides_nothing() -> None:
    same = tariff(element(KWH_AT_5, start_time="10:00"), element(KWH_AT_5))
    assert excl(priced(same, period(0, ENERGY=2), zone=None)) == "10"


@pytest.mark.parametrize(
    ("restrictions", "before", "expected"),
    [
        ({"min_kwh": 10}, 9.999, "1"),
        ({"min_kwh": 10}, 10, "5"),
        ({"max_kwh": 10}, 9.999, "5"),
        ({"max_kwh": 10}, 10, "1"),
        ({"min_kwh": 5, "max_kwh": "10.0"}, 5, "5"),
    ],
)
def test_energy_counts_what_was_charged_before(
    restrictions: dict[str, Any], before: float, expected: str
) -> None:
    by = tariff(element(component("ENERGY", 5), **restrictions), element(component("ENERGY", 1)))
    result = priced(by, period(0, ENERGY=before), period(30, ENERGY=0.001))
    assert result.lines[-1].as_json()["price"] == expected


@pytest.mark.parametrize(
    ("restrictions", "minutes", "expected"),
    [
        ({"min_duration": 1800}, 29.99, "1"),
        ({"min_duration": 1800}, 30, "5"),
        ({"max_duration": 1800}, 29.99, "5"),
        ({"max_duration": 1800}, 30, "1"),
    ],
)
def test_duration_counts_from_the_sessions_start_charging_and_parking_alike(
    restrictions: dict[str, Any], minutes: float, expected: str
) -> None:
    by = tariff(element(KWH_AT_5, **restrictions), element(KWH_AT_1), element(component("PARKING_TIME", 0)))
    result = priced(by, period(0, PARKING_TIME=0.4), period(minutes, ENERGY=1))
    assert result.lines[-1].as_json()["price"] == expected


def test_duration_does_not_count_the_time_that_was_reserved() -> None:
    by = tariff(element(KWH_AT_5, max_duration=1800), element(KWH_AT_1))
    assert excl(priced(by, period(0, RESERVATION_TIME=1), period(60, ENERGY=1), minutes=90)) == "5"


POWER = [
    ({"min_power": 20}, {"MIN_POWER": 20, "MAX_POWER": 25}, "5"),
    ({"min_power": 20}, {"MIN_POWER": 19, "MAX_POWER": 25}, "1"),
    ({"max_power": 20}, {"MIN_POWER": 10, "MAX_POWER": 19.9}, "5"),
    ({"max_power": 20}, {"MIN_POWER": 10, "MAX_POWER": 20}, "1"),
    ({"min_current": 32}, {"MIN_CURRENT": 32, "MAX_CURRENT": 32}, "5"),
    ({"max_current": 32}, {"MIN_CURRENT": 32, "MAX_CURRENT": 32}, "1"),
]


@pytest.mark.parametrize(("restrictions", "measured", "expected"), POWER)
def test_power_and_current_are_held_against_what_the_period_measured(
    restrictions: dict[str, Any], measured: dict[str, Any], expected: str
) -> None:
    by = tariff(element(KWH_AT_5, **restrictions), element(KWH_AT_1))
    assert excl(priced(by, period(0, ENERGY=1, **measured))) == expected


def test_power_that_was_not_measured_leaves_the_price_open() -> None:
    by = tariff(element(KWH_AT_5, min_power=20), element(KWH_AT_1))
    assert excl(priced(by, period(0, ENERGY=2))) == "NOT_MEASURED"


def test_where_power_is_not_measured_the_least_and_the_most_are_told() -> None:
    by = tariff(element(component("ENERGY", 5, 10), min_power=20), element(component("ENERGY", 1, 20)))
    result = priced(by, period(0, ENERGY=2))
    assert result.least is not None
    assert result.most is not None
    assert result.least.as_json() == {"excl_vat": "2", "incl_vat": "2.4"}
    assert 10 <= result.most.excl_vat < 10.01
    assert 11 <= result.most.incl_vat < 11.01


@pytest.mark.parametrize(
    "restrictions",
    [
        {"min_kwh": 10},
        {"start_time": "10:30", "end_time": "11:00"},
        {"max_duration": 600},
        {"start_time": "09:00", "end_time": "10:30"},
    ],
)
def test_a_period_in_which_the_price_changes_is_told_and_bounded(restrictions: JsonObject) -> None:
    by = tariff(element(KWH_AT_5, **restrictions), element(KWH_AT_1))
    result = priced(by, period(0, ENERGY=20))
    assert "PERIOD_SPANS_CHANGE" in codes(result)
    assert result.total is not None
    assert result.least is not None
    assert result.most is not None
    assert result.least.excl_vat == 20 <= result.total.excl_vat <= result.most.excl_vat
    assert 100 <= result.most.excl_vat < 100.1


def test_the_first_matching_element_with_the_dimension_counts_each_dimension_by_itself() -> None:
    by = tariff(
        element(component("TIME", 60)),
        element(component("ENERGY", 5), component("TIME", 600)),
        element(component("ENERGY", 1)),
    )
    assert excl(priced(by, period(0, ENERGY=1, TIME=1))) == "65"


def test_a_dimension_that_no_element_prices_costs_nothing() -> None:
    by = tariff(element(component("ENERGY", 5), start_time="12:00"))
    assert excl(priced(by, period(0, ENERGY=1, TIME=1))) == "0"


def test_the_moment_is_the_periods_start() -> None:
    assert MONDAY_10.weekday() == 0
