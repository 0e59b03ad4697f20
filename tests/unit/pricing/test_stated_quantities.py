"""What a session says twice: where it contradicts itself its price is open, and a limit acts on the least."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emsp.charges.cost_so_far import ClaimedSoFar, CostSoFar
from emsp.charges.credible_times import Seen, start_of
from emsp.charges.enforce_limits import readings_of
from emsp.charges.pricing_context import PricingContext
from emsp.commands.spending_limit import SpendingLimit, compare_with_limit
from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import Amount
from emsp.pricing.price_session import price
from tests.unit.pricing.sessions import component, element, tariff

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
PER_KWH = tariff(element(component("ENERGY", 20, vat=18)))
PER_HOUR = tariff(element(component("TIME", 60, vat=18)))
PER_HOUR_OR_PARKED = tariff(element(component("TIME", 60, vat=18), component("PARKING_TIME", 120, vat=18)))


RESERVABLE = tariff(
    element(component("TIME", 60, vat=18), reservation="RESERVATION"), element(component("TIME", 60, vat=18))
)


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def period(minutes: float = 0, **volumes: object) -> JsonObject:
    dimensions: list[Any] = [{"type": kind, "volume": volume} for kind, volume in volumes.items()]
    return {"start_date_time": at(minutes), "tariff_id": "T1", "dimensions": dimensions}


def begun(moment: str | None, **volumes: object) -> JsonObject:
    return {**period(0, **volumes), "start_date_time": moment}


def session(*periods: JsonObject, **changes: Any) -> JsonObject:
    return {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "S1",
        "status": "ACTIVE",
        "currency": "INR",
        "start_date_time": at(0),
        "last_updated": at(60),
        "kwh": 10,
        "charging_periods": [*periods],
        **changes,
    }


def of(value: JsonObject, by: JsonObject = PER_KWH, **known: Any) -> Any:
    """The price as it is so far, and what a limit on its cost goes by."""
    context = PricingContext("UTC", (by,), (), (), known.pop("power_kw", None))
    seen = Seen(START, START, START + timedelta(minutes=60))
    return CostSoFar(lambda _: context, None, lambda *_: None)(value, seen)


def excl(amount: Amount | None) -> float | None:
    return None if amount is None else float(amount.excl_vat)


@pytest.mark.parametrize(
    ("value", "by", "total", "least", "most"),
    [
        (session(period(ENERGY=10)), PER_KWH, 200, 200, 200),
        (session(period(ENERGY=10_000)), PER_KWH, None, 200, 200_000),
        (session(period(ENERGY=10), kwh=10_000), PER_KWH, None, 200, 200_000),
        (session(period(ENERGY=0)), PER_KWH, None, 0, 200),
        (session(period(ENERGY="10.0004"), kwh="10.00"), PER_KWH, 200.02, 200.02, 200.02),
        (session(period(ENERGY_IMPORT=1234.5)), PER_KWH, 200, 200, 200),
        (session(period(CURRENT=16), period(10, POWER=11)), PER_KWH, 200, 200, 200),
        (session(period(STATE_OF_CHARGE=80)), PER_HOUR, 60, 60, 60),
        (session(period(CURRENT=16), kwh=None), PER_KWH, None, 0, None),
        (session(period(TIME=1)), PER_KWH, 200, 200, 200),
        (session(period(TIME=0.5), period(30, TIME=0.5)), PER_KWH, 200, 200, 200),
        (session(period(ENERGY=4), period(30, ENERGY="?")), PER_KWH, 200, 200, 200),
        (session(period(ENERGY=10, TIME="?")), PER_KWH, 200, 200, 200),
        (session(period(ENERGY=10, TIME=None), period(30, TIME=0.5)), PER_HOUR, None, 30, None),
        (session(period(ENERGY=10, TIME=1)), PER_HOUR, 60, 60, 60),
        (session(period(ENERGY=10, TIME=60)), PER_HOUR, None, 60, 3600),
        (session(period(TIME=1), period(30, TIME=1)), PER_HOUR, None, 60, 120),
        (session(period(ENERGY=10)), PER_HOUR, 60, 60, 60),
        (session(period(ENERGY=4), period(30, ENERGY=6, SOC=80)), PER_HOUR, 60, 60, 60),
        (session(period(ENERGY=10)), PER_HOUR_OR_PARKED, None, 60, 120 + 1 / 30),  # a step more
        (session(period(ENERGY=10, PARKING_TIME=0)), PER_HOUR, 0, 0, 0),
        (session(period(ENERGY=10, TIME=3600)), PER_KWH, 200, 200, 200),
        (session(), PER_HOUR, 60, 60, 60),
        (session(start_date_time="1970-01-01T00:00:00Z"), PER_HOUR, 60, 60, 60),
        (session(last_updated=at(60 + 330)), PER_HOUR, 60, 60, 60),
        (session(start_date_time=at(330), last_updated=at(390)), PER_HOUR, 60, 60, 60),
        (session(last_updated=at(-240)), PER_HOUR, 60, 60, 60),
        (session(period(-20, RESERVATION_TIME=0.3333), period(TIME=1)), RESERVABLE, 80, 80, 80),
        (session(period(-20, RESERVATION_TIME=20), period(TIME=1)), RESERVABLE, None, 140, 1260),
        (session(period(-20, RESERVATION_TIME=1200), period(TIME=1)), RESERVABLE, None, 140, 72060),
        *(
            (session(*periods, **changes), PER_HOUR, 60, 60, 60)
            for changes in ({}, {"start_date_time": at(-330)})
            for periods in (
                [period(-330, ENERGY=10)],
                [period(-15, ENERGY=4), period(45, ENERGY=6)],
                [period(330, ENERGY=4), period(360, ENERGY=6)],
                [begun("1970-01-01T00:00:00Z", ENERGY=4), period(30, ENERGY=6)],
                [period(ENERGY=4), begun("2062-01-01T00:00:00Z", ENERGY=6)],
                [begun("soon", ENERGY=4), begun(None, ENERGY=6)],
            )
        ),
        (session({"start_date_time": at(0)}), PER_KWH, 200, 200, 200),
        (session(begun(at(0)) | {"dimensions": {"type": "ENERGY", "volume": 4}}), PER_KWH, 200, 200, 200),
        (session(charging_periods={"start_date_time": at(0)}), PER_KWH, 200, 200, 200),
        (session(period(TIME=0.5), period(30, TIME=0.5) | {"tariff_id": None}), PER_HOUR, 60, 60, 60),
        (session(period(TIME=1), period(30, TIME=0) | {"tariff_id": None}), PER_KWH, None, 0, None),
        (session(status="COMPLETED", end_date_time=at(45)), PER_HOUR, 45, 45, 45),
        (session(status="COMPLETED", end_date_time="2062-01-01T00:00:00Z"), PER_HOUR, 60, 60, 60),
    ],
)
def test_the_price_so_far(
    value: JsonObject, by: JsonObject, total: float | None, least: float | None, most: float | None
) -> None:
    priced = of(value, by).by_tariff
    told = tuple(None if each is None else pytest.approx(each) for each in (total, least, most))
    assert (excl(priced.total), excl(priced.least), excl(priced.most)) == told
    assert (priced.total is None) == bool(priced.reasons)


def test_the_specifications_second_session_has_its_periods_in_wh_and_its_kwh_not() -> None:
    volumes = [("ENERGY", 120.0), ("ENERGY", 41000.0), ("PARKING_TIME", 0.718)]
    periods = [period(number * 10, **{kind: volume}) for number, (kind, volume) in enumerate(volumes)]
    by_quarter = tariff(element(component("ENERGY", "0.25")), currency="EUR")
    value = session(*periods, kwh=41.12, currency="EUR", status="COMPLETED", end_date_time=at(70))
    priced = price(value, [by_quarter], "UTC")
    assert priced.total is None
    assert (excl(priced.least), excl(priced.most)) == (10.28, 10280)
    assert [note.code for note in priced.reasons] == ["CONTRADICTED"]


@pytest.mark.parametrize(
    ("power_kw", "total"),
    [(22, 200), (Fraction(22, 1000), None), (None, None), (10**6, None)],
)
def test_the_connectors_power_decides_where_it_allows_one_of_two_readings(
    power_kw: Any, total: float | None
) -> None:
    priced = of(session(period(ENERGY=10_000)), power_kw=power_kw).by_tariff
    assert (excl(priced.total), excl(priced.least)) == (total, 200)


@pytest.mark.parametrize("power_kw", [Fraction(22, 1000), 1])
def test_the_connectors_power_alone_opens_no_price(power_kw: Any) -> None:
    assert excl(of(session(period(ENERGY=10)), power_kw=power_kw).by_tariff.total) == 200


@pytest.mark.parametrize(
    ("total_cost", "least", "most"),
    [
        (None, 236, 236),
        (0, 236, 236),
        ({"excl_vat": 0, "incl_vat": 0}, 236, 236),
        ({"excl_vat": "n/a"}, 236, 236),
        (-5, 236, 236),
        ({"excl_vat": 200, "incl_vat": 236}, 236, 236),
        ({"excl_vat": 200, "incl_vat": 0}, 236, 236),
        ({"excl_vat": 200}, 236, 236),
        ({"excl_vat": 200.3, "incl_vat": 237}, 237, 237),
        ({"excl_vat": 20, "incl_vat": 23.6}, 23.6, 236),
        ({"excl_vat": 2000, "incl_vat": 2360}, 236, 2360),
        ({"excl_vat": 200, "incl_vat": 2360}, 200, 2360),
        ({"excl_vat": 20_000}, 236, 20_000),
    ],
)
def test_the_cost_that_a_limit_goes_by(total_cost: Any, least: float, most: float) -> None:
    reading = of(session(period(ENERGY=10), total_cost=total_cost)).reading()
    assert (float(reading.least), float(reading.most)) == (least, most)
    assert (reading.contradiction is None) == (least == most)


def test_what_can_not_be_read_does_not_contradict_what_can() -> None:
    unread = session(period(CURRENT=16), kwh="?", total_cost={"excl_vat": 200, "incl_vat": 236})
    reading = of(unread).reading()
    assert (reading.least, reading.most, reading.contradiction) == (236, 236, None)


def test_a_tariff_without_vat_does_not_contradict_a_cpo_that_adds_it() -> None:
    free_of_vat = tariff(element(component("ENERGY", 20)))
    reading = of(
        session(period(ENERGY=10), total_cost={"excl_vat": 200, "incl_vat": 236}), free_of_vat
    ).reading()
    assert (reading.least, reading.most) == (236, 236)


@pytest.mark.parametrize(
    ("incl", "readings"), [(118, (118, 118)), (1180, (100, 1180)), (10, (10, 100)), (None, (100, 100))]
)
def test_a_total_cost_can_contradict_itself(incl: int | None, readings: tuple[int, int]) -> None:
    reading = ClaimedSoFar(Fraction(100), None if incl is None else Fraction(incl)).reading()
    assert reading is not None
    assert (float(reading.least), float(reading.most)) == readings


@pytest.mark.parametrize(
    ("told", "earliest", "latest", "contradicts"),
    [
        (at(5), 5, 5, False),
        (at(-3), 0, 0, False),  # the CPO's clock is a little behind
        (at(23), 20, 20, False),
        (at(-330), 0, 20, True),
        (at(330), 0, 20, True),
        ("1970-01-01T00:00:00Z", 0, 20, True),
        ("0001-01-01T00:00:00Z", 0, 20, True),
        ("2000-01-01T00:00:00Z", 0, 20, True),
        ("soon", 0, 20, True),
        (None, 0, 20, False),
    ],
)
def test_a_start_is_between_the_command_and_the_first_push(
    told: str | None, earliest: int, latest: int, contradicts: bool
) -> None:
    seen = Seen(START, START + timedelta(minutes=20), START + timedelta(minutes=60))
    start = start_of(session(start_date_time=told), seen)
    assert start.earliest == START + timedelta(minutes=earliest)
    assert start.latest == START + timedelta(minutes=latest)
    assert (start.contradiction is not None) == contradicts


def test_a_start_that_is_contradicted_opens_a_price_by_time() -> None:
    seen = Seen(START, START + timedelta(minutes=20), START + timedelta(minutes=60))
    context = PricingContext("UTC", (PER_HOUR,))
    value = session(start_date_time="1970-01-01T00:00:00Z")
    priced = CostSoFar(lambda _: context, None, lambda *_: None)(value, seen).by_tariff
    assert priced is not None
    assert (priced.total, excl(priced.least), excl(priced.most)) == (None, 40, 60)


CORRUPTED = st.sampled_from(
    [
        ("kwh", 1000), ("kwh", 0.001), ("kwh", 0), ("kwh", "?"), ("kwh", None),
        ("volumes", 1000), ("volumes", 0.001), ("volumes", 0), ("volumes", "?"), ("volumes", None),
        ("hours", 60), ("hours", 3600), ("hours", "?"), ("hours", None),
        ("total_cost", 100), ("total_cost", 0.01), ("total_cost", 0), ("total_cost", "?"),
        ("incl_vat", 10), ("incl_vat", 0), ("incl_vat", "?"),
        ("start_date_time", "1970-01-01T00:00:00Z"), ("start_date_time", "0001-01-01T00:00:00Z"),
        ("start_date_time", at(-330)), ("start_date_time", at(330)), ("start_date_time", None),
        ("last_updated", at(-330)), ("last_updated", at(500)), ("last_updated", "2062-01-01T00:00:00Z"),
        ("end_date_time", at(-5)), ("end_date_time", at(5000)),
        ("nothing", None),
    ]
)  # fmt: skip
BOTH = tariff(element(component("ENERGY", 20, vat=18), component("TIME", 60, vat=18)))
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "energy_kwh": st.integers(1, 60),
        "minutes": st.integers(5, 200),
        "cost_incl_vat": st.integers(20, 2000),
    },
).filter(bool)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[int, Decimal]], tuple[str, Any], dict[str, int]]:
    """Periods of so many minutes with so many kWh, what is corrupted, and the limit."""
    periods = draw(st.lists(st.tuples(st.integers(6, 60), st.integers(0, 20_000)), min_size=1, max_size=5))
    used = [(minutes, Decimal(wh) / 1000) for minutes, wh in periods]
    return used, draw(CORRUPTED), draw(LIMITS)


def times(value: Any, by: Any) -> Any:
    return by if by is None or isinstance(by, str) else value * Decimal(repr(by))


@settings(max_examples=1500, deadline=None)
@given(histories())
@example(([(60, Decimal(10))], ("volumes", 1000), {"cost_incl_vat": 300}))
@example(([(60, Decimal(0))], ("kwh", 1000), {"energy_kwh": 1}))
@example(([(6, Decimal(0)), (6, Decimal(0)), (6, Decimal("0.001"))], ("kwh", 1000), {"energy_kwh": 1}))
def test_no_stop_unless_what_is_true_has_reached_the_limit_and_always_where_nothing_is_wrong(
    history: tuple[list[tuple[int, Decimal]], tuple[str, Any], dict[str, int]],
) -> None:
    used, (corrupted, by), given_limit = history
    minutes, kwh = sum(each for each, _ in used), sum((each for _, each in used), Decimal(0))
    hours = [Decimal(each) / 60 for each, _ in used]
    cost = kwh * 20 + sum(hours, Decimal(0)) * 60
    now = START + timedelta(minutes=minutes)
    honest: dict[str, Any] = {
        "kwh": kwh,
        "total_cost": {"excl_vat": round(cost, 4), "incl_vat": round(cost * Decimal("1.18"), 4)},
        "last_updated": at(minutes),
    }
    volumes, told_hours = [each for _, each in used], [round(each, 4) for each in hours]
    match corrupted:
        case "kwh":
            honest["kwh"] = times(kwh, by)
        case "volumes":
            volumes = [times(each, by) for each in volumes]
        case "hours":
            told_hours = [times(each, by) for each in told_hours]
        case "total_cost":
            honest["total_cost"] = {name: times(each, by) for name, each in honest["total_cost"].items()}
        case "incl_vat":
            honest["total_cost"]["incl_vat"] = times(honest["total_cost"]["incl_vat"], by)
        case "nothing":
            pass
        case _:
            honest[corrupted] = by
    starts = [sum(each for each, _ in used[:number]) for number in range(len(used))]
    periods = [
        period(begins, ENERGY=volume, TIME=hour)
        for begins, volume, hour in zip(starts, volumes, told_hours, strict=True)
    ]
    value = session(*periods, **honest)
    seen = Seen(START, START, now)
    limit = SpendingLimit.model_validate(given_limit)
    context = PricingContext("UTC", (BOTH,))
    found = readings_of(value, limit, seen, now, CostSoFar(lambda _: context, None, lambda *_: None))
    over = compare_with_limit(limit, *found).over
    truth: dict[str, Decimal] = {
        "energy_kwh": kwh,
        "minutes": Decimal(minutes),
        "cost_incl_vat": cost * Decimal("1.18"),
    }
    slack = Decimal("0.1")
    for name, most in given_limit.items():
        if name in over:
            assert truth[name] >= most - slack, "nobody is stopped by a number that is wrong"
        elif corrupted == "nothing":
            assert truth[name] <= most + slack, "and who is over the limit is stopped"
