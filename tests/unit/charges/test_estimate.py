"""What a charge will cost, reckoned by hand for each kind of tariff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from time import process_time
from typing import Any

import pytest

from emsp.charges.estimate import TARIFFS_AT_MOST, estimate
from emsp.charges.expected_charge import ExpectedCharge
from emsp.invocation import InvalidInvocation
from emsp.pricing.read_tariff import ELEMENTS_AT_MOST

ZONE = "Asia/Kolkata"
EVENING = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
"""21:00 in India, a Sunday."""


def element(kind: str, price: float, step: int = 1, **restrictions: Any) -> dict[str, Any]:
    component = {"type": kind, "price": Decimal(str(price)), "vat": 18, "step_size": step}
    return {"price_components": [component], "restrictions": restrictions}


def tariff(*elements: dict[str, Any], **fields: Any) -> dict[str, Any]:
    owner = {"country_code": "IN", "party_id": "CPO", "id": "T1", "currency": "INR"}
    return {**owner, "elements": list(elements), "last_updated": "2026-01-01T00:00:00Z", **fields}


def asked(
    *tariffs: dict[str, Any],
    kwh: float | None = 12,
    minutes: int | None = 120,
    parking: int = 0,
    zone: str | None = ZONE,
    language: str = "en",
    start: datetime = EVENING,
    **options: Any,
) -> Any:
    expected = ExpectedCharge(
        start,
        None if kwh is None else Fraction(str(kwh)),
        None if minutes is None else timedelta(minutes=minutes),
        timedelta(minutes=parking),
    )
    return estimate(expected, tariffs, zone, Decimal(5), **options).as_json(language)


ENERGY = element("ENERGY", 20)
NIGHT = element("ENERGY", 10, start_time="22:00", end_time="06:00")
EARLY = element("ENERGY", 5, start_time="00:00", end_time="01:00")
MONDAY = element("ENERGY", 7, day_of_week=["MONDAY"])
TIERS = [element("ENERGY", 30, max_kwh=5), element("ENERGY", 10)]
THIRDS = [element("ENERGY", 30, max_kwh=7), element("ENERGY", 10)]
FIRST_HALF_HOUR = element("TIME", 0, max_duration=1800)


@pytest.mark.parametrize(
    ("elements", "given", "cost"),
    [
        pytest.param([ENERGY], {}, "240", id="energy only"),
        pytest.param([ENERGY], {"minutes": None}, "240", id="energy only, however long it takes"),
        pytest.param([element("FLAT", 50)], {"parking": 30}, "50", id="a fee is due once"),
        pytest.param([element("TIME", 60)], {}, "120", id="time"),
        pytest.param([element("TIME", 60)], {"minutes": 20}, "20", id="a third of an hour is exact"),
        pytest.param([element("TIME", 60, 1800)], {"minutes": 100}, "120", id="steps of half an hour"),
        pytest.param([element("TIME", 60), element("PARKING_TIME", 30)], {"parking": 40}, "140", id="stay"),
        pytest.param([element("PARKING_TIME", 30)], {"kwh": None, "minutes": None, "parking": 40}, "20",
                     id="only parking"),
        pytest.param([FIRST_HALF_HOUR, element("TIME", 60)], {}, "90", id="the first half hour is free"),
        pytest.param(TIERS, {}, "220", id="5 kWh at 30, 7 at 10"),
        pytest.param(THIRDS, {"kwh": 21, "minutes": 100}, "350", id="a tier that ends after a third"),
        pytest.param(TIERS, {"minutes": None}, "220", id="tiers, however long it takes"),
        pytest.param(TIERS, {"kwh": 4}, "120", id="the second tier is not reached"),
        pytest.param([NIGHT, ENERGY], {}, "180", id="half of it at night"),
        pytest.param([EARLY, NIGHT, ENERGY], {"minutes": 300, "kwh": 30}, "330",
                     id="over midnight: 1 h at 20, 2 h at 10, 1 h at 5, 1 h at 10"),
        pytest.param([MONDAY, ENERGY], {"minutes": 240, "kwh": 16}, "268", id="Monday begins at midnight"),
    ],
)  # fmt: skip
def test_the_cost_is_what_reckoning_by_hand_gives(
    elements: list[dict[str, Any]], given: dict[str, Any], cost: str
) -> None:
    found = asked(tariff(*elements), **given)
    with_vat = f"{(Decimal(cost) * Decimal('1.18')).normalize():f}"
    assert found["cost"] == {"excl_vat": cost, "incl_vat": with_vat}
    assert found["least"] == found["most"] == found["cost"]
    assert found["findings"] == [], "no period spans a change"
    assert sum(Decimal(each["excl_vat"]) for each in found["lines"]) == Decimal(cost)
    assert sum(Decimal(each["excl_vat"]) for each in found["parts"]) == Decimal(cost)


def test_a_day_on_which_clocks_are_put_back_is_priced_by_the_wall_clock() -> None:
    """From 22:00 UTC (midnight in Berlin) 5 h at 1 kWh/h: 02:00 to 03:00 comes twice."""
    twice = element("ENERGY", 1, start_time="02:00", end_time="03:00")
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    found = asked(tariff(twice, ENERGY), kwh=5, minutes=300, zone="Europe/Berlin", start=start)
    assert found["cost"]["excl_vat"] == "62"


def test_where_power_decides_it_is_a_range() -> None:
    fast = element("ENERGY", 30, min_power=50)
    found = asked(tariff(fast, ENERGY), kwh=10)
    assert (found["cost"], found["parts"], found["lines"]) == (None, [], [])
    assert Decimal(found["least"]["excl_vat"]) == 200
    assert 300 <= Decimal(found["most"]["excl_vat"]) < Decimal("300.1"), "a block of 1 Wh more at most"
    assert [each["code"] for each in found["findings"]] == ["NOT_MEASURED"]


def test_where_several_tariffs_may_apply_it_is_a_range() -> None:
    found = asked(tariff(ENERGY), tariff(element("ENERGY", 25), id="T2"), kwh=10)
    assert found["cost"] is None
    assert (found["least"]["excl_vat"], found["most"]["excl_vat"]) == ("200", "250")
    assert [each["code"] for each in found["findings"]] == ["SEVERAL_TARIFFS"]
    assert [each["id"] for each in found["tariffs"]] == ["T1", "T2"]


def test_of_more_tariffs_than_are_priced_nobody_knows_the_least() -> None:
    found = asked(*(tariff(ENERGY, id=f"T{number}") for number in range(TARIFFS_AT_MOST + 1)))
    assert (found["cost"], found["least"], found["most"]) == (None, None, None)
    assert "TOO_LARGE" in [each["code"] for each in found["findings"]]
    assert len(found["tariffs"]) == TARIFFS_AT_MOST


def test_an_estimate_of_the_largest_tariffs_takes_little_time() -> None:
    elements = [
        element("ENERGY", number, start_time=f"{number // 60 % 24:02}:{number % 60:02}", min_kwh=number)
        for number in range(ELEMENTS_AT_MOST)
    ]
    began = process_time()
    found = asked(
        *(tariff(*elements, id=f"T{number}") for number in range(TARIFFS_AT_MOST)), kwh=1000, minutes=7 * 1440
    )
    assert process_time() - began < 20
    assert "TOO_LARGE" in [each["code"] for each in found["findings"]]


def test_amounts_of_two_currencies_are_no_range() -> None:
    found = asked(tariff(ENERGY), tariff(ENERGY, id="T2", currency="EUR"))
    assert (found["currency"], found["least"], found["most"]) == (None, None, None)


def test_no_tariff_is_told() -> None:
    found = asked()
    assert (found["cost"], found["findings"][0]["code"]) == (None, "NO_TARIFF")


@pytest.mark.parametrize(
    ("elements", "given", "code", "cost"),
    [
        ([element("TIME", 60)], {"minutes": None, "kwh": 10}, "MINUTES_ASSUMED", "30"),
        ([ENERGY], {"minutes": 30, "kwh": None}, "ENERGY_ASSUMED", "200"),
    ],
)
def test_what_is_missing_is_reckoned_by_the_connectors_power_and_told(
    elements: list[dict[str, Any]], given: dict[str, Any], code: str, cost: str
) -> None:
    found = asked(tariff(*elements), power_w=20_000, **given)
    assert found["cost"]["excl_vat"] == cost
    assert [each["code"] for each in found["assumptions"]] == [code]
    assert (found["charge"]["energy_kwh"], found["charge"]["minutes"]) == ("10", "30")


@pytest.mark.parametrize(
    ("elements", "given", "told"),
    [
        ([element("TIME", 60)], {"minutes": None}, "minutes is missing: the tariff depends on time"),
        ([NIGHT, ENERGY], {"minutes": None}, "minutes is missing"),
        ([ENERGY], {"kwh": None}, "energy_kwh is missing: the tariff depends on kWh"),
        ([element("TIME", 60)], {"minutes": None, "power_w": 1}, "more than a week"),
    ],
)
def test_what_is_missing_and_can_not_be_reckoned_is_asked_for(
    elements: list[dict[str, Any]], given: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        asked(tariff(*elements), **given)


def test_a_tariff_without_vat_is_priced_with_the_configured_rate() -> None:
    without = tariff({"price_components": [{"type": "ENERGY", "price": 20, "step_size": 1}]})
    found = asked(without, kwh=10)
    assert found["cost"] == {"excl_vat": "200", "incl_vat": "210"}
    assert [each["code"] for each in found["assumptions"]] == ["VAT_ASSUMED"]


def test_min_price_holds() -> None:
    found = asked(tariff(ENERGY, min_price={"excl_vat": 100, "incl_vat": 118}), kwh=1)
    assert found["cost"] == {"excl_vat": "100", "incl_vat": "118"}
    assert found["limits"][0]["limit"] == "min_price"


def test_a_time_of_day_without_a_time_zone_is_a_range() -> None:
    found = asked(tariff(NIGHT, ENERGY), zone=None)
    assert (found["cost"], found["findings"][0]["code"]) == (None, "NO_TIME_ZONE")
    assert Decimal(found["least"]["excl_vat"]) == 120


@pytest.mark.parametrize(
    ("language", "told"),
    [("hi", "hi"), ("HI", "hi"), ("hi-IN", "hi"), ("de", "en"), ("en-GB", "en")],
)
def test_the_tariffs_words_are_in_the_drivers_language(language: str, told: str) -> None:
    texts = [{"language": each, "text": f"in {each}"} for each in ("ta", "en", "hi")]
    found = asked(tariff(ENERGY, tariff_alt_text=texts), language=language)
    assert found["tariffs"][0]["tariff_alt_text"] == {"language": told, "text": f"in {told}"}


def test_a_tariff_that_says_nothing_has_no_words() -> None:
    assert asked(tariff(ENERGY, tariff_alt_text="no list"))["tariffs"][0]["tariff_alt_text"] is None


@pytest.mark.parametrize(
    "elements", [None, [], [5], [{"price_components": [{"type": "ENERGY", "price": "x"}]}]]
)
def test_a_tariff_that_makes_no_sense_has_no_price_and_a_finding(elements: Any) -> None:
    found = asked({**tariff(), "elements": elements})
    assert found["cost"] is None
    assert found["findings"]
