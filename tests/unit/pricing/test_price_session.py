"""What is due: blocks of step_size, fees, reservations, VAT, limits, and which tariff it is by."""

from decimal import Decimal
from typing import Any

import pytest

from emsp.ocpi.json_text import JsonObject
from tests.unit.pricing.sessions import codes, component, element, excl, period, priced, tariff

MINUTE = Decimal("0.016666666666666666666666666666666667")


@pytest.mark.parametrize(
    ("volumes", "step", "expected"),
    [
        ([1.2], 1000, "2"),
        ([2], 1000, "2"),
        ([Decimal("2.0001")], 1000, "3"),
        ([1.2], 0, "1.2"),
        ([Decimal("0.1152")], 1, "0.116"),
        ([3, 3, 3], 10_000, "10"),
        ([Decimal("4.3"), Decimal("1.1")], 500, "5.5"),
    ],
)
def test_energy_is_rounded_up_once_in_wh(volumes: list[Any], step: int, expected: str) -> None:
    by = tariff(element(component("ENERGY", 1, step=step)))
    periods = [period(10 * number, ENERGY=volume) for number, volume in enumerate(volumes)]
    assert excl(priced(by, *periods)) == expected


def test_a_block_is_filled_at_the_last_price() -> None:
    by = tariff(
        element(component("ENERGY", 2, step=10_000), max_kwh=3),
        element(component("ENERGY", 5, step=10_000), max_kwh=6),
        element(component("ENERGY", 2, step=10_000)),
    )
    assert excl(priced(by, *[period(10 * number, ENERGY=3) for number in range(3)])) == "29"


TIMES = [
    # charging, parking (minutes): what is billed of each, in steps of 10 and 5 minutes
    ([("TIME", 21)], 30, 0),
    ([("TIME", 21), ("PARKING_TIME", 7)], 21, 10),
    ([("TIME", 5), ("PARKING_TIME", 7), ("TIME", 6)], 11, 10),
    ([("PARKING_TIME", 7)], 0, 10),
]


@pytest.mark.parametrize(("times", "charging", "parking"), TIMES)
def test_of_charging_and_parking_only_parking_is_rounded(
    times: list[tuple[str, int]], charging: int, parking: int
) -> None:
    by = tariff(element(component("TIME", 60, step=600), component("PARKING_TIME", 6000, step=300)))
    volumes: list[dict[str, Any]] = [{kind: MINUTE * minutes} for kind, minutes in times]
    periods = [period(10 * number, **volume) for number, volume in enumerate(volumes)]
    result = priced(by, *periods)
    assert result.total is not None
    assert round(float(result.total.excl_vat), 6) == charging + 100 * parking


def test_parking_without_a_price_leaves_charging_to_be_rounded() -> None:
    by = tariff(element(component("TIME", 60, step=600)))
    assert excl(priced(by, period(0, TIME=0.05), period(10, PARKING_TIME=0.5))) == "10"


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [(["0.1667"], "10"), (["0.1668"], "20"), (["0.1667"] * 5, "50"), (["0.1666"], "10")],
)
def test_hours_of_four_decimals_begin_no_block_of_their_own(volumes: list[str], expected: str) -> None:
    by = tariff(element(component("TIME", 60, step=600)))
    assert excl(priced(by, *[period(10 * n, TIME=v) for n, v in enumerate(volumes)])) == expected


def test_step_size_rounds_once_also_across_tariffs() -> None:
    day = tariff(element(component("ENERGY", 1, step=1000)), id="T1")
    night = tariff(element(component("ENERGY", 1, step=1000)), id="T2")
    periods = [period(0, ENERGY=1.5), period(30, ENERGY=1.5, tariff_id="T2")]
    assert excl(priced([day, night], *periods)) == "3"


def test_a_flat_fee_is_due_once_in_many_periods() -> None:
    by = tariff(element(component("FLAT", 7), component("ENERGY", 1)))
    assert excl(priced(by, *[period(minute, ENERGY=1) for minute in range(10)])) == "17"


def test_of_several_flat_fees_the_first_is_due() -> None:
    by = tariff(element(component("FLAT", 7), max_duration=1800), element(component("FLAT", 3)))
    assert excl(priced(by, period(0, ENERGY=1), period(30, ENERGY=1))) == "7"


def test_a_flat_fee_that_becomes_active_later_is_due_then() -> None:
    by = tariff(element(component("FLAT", 7), min_duration=1800))
    assert excl(priced(by, period(0, ENERGY=1), minutes=20)) == "0"
    assert excl(priced(by, period(0, ENERGY=1), period(30, ENERGY=1))) == "7"


RESERVED = tariff(
    element(component("FLAT", 4, 20), reservation="RESERVATION_EXPIRES"),
    element(component("FLAT", 2, 20), component("TIME", 60, 20, step=600), reservation="RESERVATION"),
    element(component("FLAT", 1, 20), component("ENERGY", 1, 10), component("TIME", 6, 10)),
)


def test_a_reservation_has_a_fee_and_a_time_of_its_own() -> None:
    result = priced(RESERVED, period(0, RESERVATION_TIME=0.25), period(15, ENERGY=10))
    assert excl(result) == "33"  # 2 + 20 minutes, then 1 + 10 kWh
    assert {part: amount.as_json()["excl_vat"] for part, amount in result.parts.items()} == {
        "fixed": "1",
        "energy": "10",
        "time": "0",
        "parking": "0",
        "reservation": "22",
    }


def test_one_that_expired_owes_the_fee_for_that_and_its_time_but_no_session() -> None:
    expired: dict[str, Any] = {"session_id": None, "cdr_location": {"evse_uid": "#NA"}}
    result = priced(RESERVED, period(0, RESERVATION_TIME=0.5), **expired)
    assert excl(result) == "34"  # 4 + 30 minutes


NO_SESSION: list[tuple[dict[str, Any], str]] = [
    ({"cdr_location": {"evse_uid": "E1"}, "session_id": None}, "34"),  # a named EVSE, and no session
    ({"cdr_location": {}, "session_id": ""}, "34"),
    *(({"cdr_location": {"evse_uid": each}}, "34") for each in ("#NA", "#na", " # NA ", "N/A", "n.a.")),
    ({"cdr_location": {"evse_uid": "E1"}}, "32"),  # of a session in which nothing was charged
    ({"cdr_location": {"evse_uid": "NAB1"}}, "32"),
    ({"cdr_location": None, "session_id": None}, "32"),  # a session, not a CDR
]


@pytest.mark.parametrize(("sign", "expected"), NO_SESSION)
def test_a_reservation_expired_if_its_cdr_says_in_any_way_that_there_was_no_session(
    sign: dict[str, Any], expected: str
) -> None:
    assert excl(priced(RESERVED, period(0, RESERVATION_TIME=0.5), **sign)) == expected


def test_a_reservation_without_a_session_and_without_periods_is_priced_as_one_by_its_time() -> None:
    fields: dict[str, Any] = {"cdr_location": {"evse_uid": "#NA"}, "total_energy": 0, "total_time": 0.5}
    assert excl(priced(RESERVED, minutes=30, **fields)) == "34"


def test_energy_that_is_fed_back_is_taken_off_at_the_price_of_its_period() -> None:
    by = tariff(element(component("ENERGY", 10, 20), max_kwh=8), element(component("ENERGY", 20, 20)))
    result = priced(by, period(0, ENERGY=8), period(20, ENERGY=2), period(40, ENERGY=-4))
    assert excl(result) == "40"  # 8 x 10 + 2 x 20 - 4 x 20
    assert "ENERGY_FED_BACK" in codes(result)
    assert "PERIOD_SPANS_CHANGE" in codes(result)  # from 10 kWh down to 6


def test_fed_back_energy_is_rounded_with_what_was_charged() -> None:
    result = priced(
        tariff(element(component("ENERGY", 1, step=1000))), period(0, ENERGY=5), period(9, ENERGY=-1.5)
    )
    assert excl(result) == "4"  # 3.5 kWh, in steps of 1


def test_more_fed_back_than_charged_is_money_for_us() -> None:
    by = tariff(element(component("ENERGY", 10, 20)))
    assert excl(priced(by, period(0, ENERGY=-2), total_energy=-2)) == "-20"
    assert excl(priced(by, minutes=30, total_energy=-2, total_time=0.5)) == "-20"


def test_vat_is_each_components_own_and_none_where_it_is_absent() -> None:
    by = tariff(element(component("ENERGY", 10, 18), component("TIME", 100)))
    result = priced(by, period(0, ENERGY=1, TIME=1))
    assert result.total is not None
    assert result.total.as_json() == {"excl_vat": "110", "incl_vat": "111.8"}


def test_a_configured_rate_stands_in_for_an_absent_vat_and_is_told() -> None:
    by = tariff(element(component("ENERGY", 10), component("TIME", 100, 5)))
    result = priced(by, period(0, ENERGY=1, TIME=1), vat_when_absent=Decimal(18))
    assert result.total is not None
    assert result.total.as_json() == {"excl_vat": "110", "incl_vat": "116.8"}
    assert "VAT_ASSUMED" in codes(result)


LIMITS = [
    ({"max_price": {"excl_vat": 50, "incl_vat": 55}}, 100, "50", "55"),
    ({"max_price": {"excl_vat": 50}}, 100, "50", "60"),
    ({"max_price": {"excl_vat": 200, "incl_vat": 100}}, 100, "100", "100"),
    ({"min_price": {"excl_vat": 50, "incl_vat": 55}}, 10, "50", "55"),
    ({"min_price": {"excl_vat": 50}}, 0, "50", "60"),
    ({"min_price": {"excl_vat": 50}}, 100, "100", "120"),
    ({"min_price": 50}, 10, "50", "60"),
]


@pytest.mark.parametrize(("limit", "kwh", "excl_vat", "incl_vat"), LIMITS)
def test_a_limit_holds_for_each_of_excl_and_incl_by_itself(
    limit: JsonObject, kwh: int, excl_vat: str, incl_vat: str
) -> None:
    by = tariff(element(component("ENERGY", 1, 20)), **limit)
    result = priced(by, period(0, ENERGY=kwh))
    assert result.total is not None
    assert result.total.as_json() == {"excl_vat": excl_vat, "incl_vat": incl_vat}
    assert bool(result.limits) == (result.parts_total() != result.total)


def test_limits_of_several_tariffs_leave_no_price() -> None:
    day = tariff(element(component("ENERGY", 1)), id="T1", min_price={"excl_vat": 5})
    night = tariff(element(component("ENERGY", 1)), id="T2")
    periods = [period(0, ENERGY=1), period(30, ENERGY=1, tariff_id="T2")]
    assert excl(priced([day, night], *periods)) == "SEVERAL_TARIFFS_WITH_LIMITS"
