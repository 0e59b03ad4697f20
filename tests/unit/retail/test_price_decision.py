"""What a driver pays for a CDR, by hand: cost-plus and own tariffs on every kind of charge."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.check_claim import CheckRules, check
from emsp.pricing.price_session import price_again
from emsp.retail.own_tariff import OWN_TARIFF
from emsp.retail.price_decision import Basis, Decision, by_own
from tests.unit.retail.cases import cdr, component, decided, plan, tariff

ENERGY = tariff(component("ENERGY", 20))
TIME = tariff(component("TIME", 60, step_size=60))
MIXED = tariff(component("FLAT", 10), component("ENERGY", 20), component("PARKING_TIME", 30))
RESERVED: JsonObject = {
    **tariff(component("ENERGY", 20)),
    "elements": [
        {"price_components": [component("TIME", 12)], "restrictions": {"reservation": "RESERVATION"}},
        {"price_components": [component("ENERGY", 20)]},
    ],
}
FREE_MINUTES: JsonObject = {
    **tariff(),
    "elements": [
        {"price_components": [component("PARKING_TIME", 0)], "restrictions": {"max_duration": 1800}},
        {"price_components": [component("PARKING_TIME", 60), component("ENERGY", 20)]},
    ],
}
LIMITED = tariff(component("ENERGY", 20), min_price={"excl_vat": 50}, max_price={"excl_vat": 100})


def own(*components: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"tariff": {"elements": [{"price_components": list(components)}], **fields}}


def plus(**fields: Any) -> dict[str, Any]:
    return {"cost_plus": fields}


# The CPO's price is in the comment; then excl_vat, vat, incl_vat.
CASES = [
    # 12.5 kWh x 20 = 250; + 10 % = 275
    (plus(percent="10"), {}, ENERGY, 250, [{"ENERGY": 12.5}], ("275", "49.5", "324.5")),
    # 250 + 12.5 x 1.50 + 5 = 273.75
    (plus(per_kwh="1.50", per_session=5), {}, ENERGY, 250, [{"ENERGY": 12.5}],
     ("273.75", "49.275", "323.025")),
    # the same, rounded to the paisa, and to whole rupees
    (plus(per_kwh="1.50", per_session=5), {"round_to": "0.01"}, ENERGY, 250, [{"ENERGY": 12.5}],
     ("273.75", "49.275", "323.03")),
    (plus(per_kwh="1.50", per_session=5), {"round_to": 1}, ENERGY, 250, [{"ENERGY": 12.5}],
     ("273.75", "49.275", "323")),
    # 20 minutes at 60 an hour = 20; - 100 % = 0, at least 7.50
    (plus(percent=-100, at_least="7.50"), {}, TIME, 20, [{"TIME": "0.3333333333"}], ("7.5", "1.35", "8.85")),
    # 10 + 2 x 20 + 0.5 x 30 = 65; + 20 % = 78, at most 70
    (plus(percent=20, at_most=70), {}, MIXED, 65, [{"ENERGY": 2, "PARKING_TIME": 0.5}],
     ("70", "12.6", "82.6")),
    # a quarter of an hour reserved at 12 an hour = 3, and 20; + 10 % = 25.3
    (plus(percent=10), {}, RESERVED, 23,
     [{"RESERVATION_TIME": 0.25}, {"ENERGY": 1, "start": "2026-11-22T10:15:00Z"}],
     ("25.3", "4.554", "29.854")),
    # 30 minutes of parking are free, 30 cost 30, 1 kWh 20: 50; + 10 %
    (plus(percent=10), {}, FREE_MINUTES, 50,
     [{"PARKING_TIME": 0.5, "ENERGY": 1}, {"PARKING_TIME": 0.5, "start": "2026-11-22T10:30:00Z"}],
     ("55", "9.9", "64.9")),
    # 1 kWh is 20, at least 50; + 10 %
    (plus(percent=10), {}, LIMITED, 50, [{"ENERGY": 1}], ("55", "9.9", "64.9")),
    # 9 kWh are 180, at most 100; + 10 %
    (plus(percent=10), {}, LIMITED, 100, [{"ENERGY": 9}], ("110", "19.8", "129.8")),
    # own: 22 a kWh, whatever the CPO's price is
    (own(component("ENERGY", "22")), {}, ENERGY, 250, [{"ENERGY": 12.5}], ("275", "49.5", "324.5")),
    # own: the component's vat goes before the plan's, and that before GstPercent
    (own(component("ENERGY", "22", vat=5), component("FLAT", 10)), {"vat": 12}, ENERGY, 20, [{"ENERGY": 1}],
     ("32", "2.3", "34.3")),
    # own: blocks of 15 minutes (20 -> 30) at 40 an hour
    (own(component("TIME", 40, step_size=900)), {}, TIME, 20, [{"TIME": "0.3333333333"}],
     ("20", "3.6", "23.6")),
    # own limits: 22, at least 30; 220, at most 100 with 110 incl. VAT
    (own(component("ENERGY", 22), min_price={"excl_vat": 30}), {}, ENERGY, 20, [{"ENERGY": 1}],
     ("30", "5.4", "35.4")),
    (own(component("ENERGY", 22), max_price={"excl_vat": 100, "incl_vat": 110}), {}, ENERGY, 200,
     [{"ENERGY": 10}],
     ("100", "10", "110")),
]  # fmt: skip


@pytest.mark.parametrize(("price", "fields", "cpo", "claim", "periods", "cost"), CASES)
def test_the_price_is_what_it_is_by_hand(  # noqa: PLR0917  # one for each column
    price: dict[str, Any],
    fields: dict[str, Any],
    cpo: JsonObject,
    claim: float,
    periods: list[dict[str, Any]],
    cost: tuple[str, str, str],
) -> None:
    found = decided(plan(price, **fields), cdr(cpo, claim, *periods))
    assert found.basis is Basis.TARIFF
    assert found.as_json()["cost"] == dict(zip(("excl_vat", "vat", "incl_vat"), cost, strict=True))
    assert_adds_up(found)


# 12 an hour from 02:00 to 03:00 in Berlin, 6 at other times; three hours of charging in each night.
NIGHT: list[dict[str, Any]] = [
    {
        "price_components": [component("TIME", 12)],
        "restrictions": {"start_time": "02:00", "end_time": "03:00"},
    },
    {"price_components": [component("TIME", 6)]},
]
NIGHTS = [
    # From 00:00 UTC it is 01:00, 02:00 and 03:00 in winter: 6 + 12 + 6.
    ("2026-01-15", "24"),
    # The clock goes from 02:00 to 03:00 at 01:00 UTC, so no hour is dear: 01:00, 03:00, 04:00.
    ("2026-03-29", "18"),
    # It goes back from 03:00 to 02:00 at 01:00 UTC, so the dear hour comes twice: 02:00, 02:00, 03:00.
    ("2026-10-25", "30"),
]


@pytest.mark.parametrize(("day", "excl_vat"), NIGHTS)
def test_local_hours_count_where_the_clock_changes(day: str, excl_vat: str) -> None:
    theirs: JsonObject = {**tariff(currency="EUR"), "elements": [*NIGHT]}
    hours = [{"TIME": 1, "start": f"{day}T0{n}:00:00Z"} for n in range(3)]
    times = {"start_date_time": hours[0]["start"], "end_date_time": f"{day}T03:00:00Z", "currency": "EUR"}
    value = cdr(theirs, float(excl_vat), *hours, **times, country_code="DE")
    vat = {"currency": "EUR", "vat": 19}
    by_own = decided(plan({"tariff": {"elements": NIGHT}}, **vat), value, zone="Europe/Berlin")
    by_plus = decided(plan(plus(percent=10), **vat), value, zone="Europe/Berlin")
    assert by_own.cost is not None
    assert by_plus.cost is not None
    expected = Fraction(excl_vat)
    assert (by_own.cost.excl_vat, by_own.cost.vat) == (expected, expected * 19 / 100)
    assert by_plus.cost.excl_vat == expected * 11 / 10
    assert by_own.margin == 0


def assert_adds_up(found: Decision) -> None:
    told: Any = found.as_json()
    for name in ("excl_vat", "vat", "incl_vat"):
        assert sum(Decimal(line[name]) for line in told["lines"]) == Decimal(told["cost"][name]), name


@pytest.mark.parametrize(("claim", "margin"), [(250, "25"), (300, "-25"), (200, "75")])
def test_the_wrong_claim_of_a_cpo_never_reaches_the_driver(claim: float, margin: str) -> None:
    told: Any = decided(plan(plus(percent=10)), cdr(ENERGY, claim, {"ENERGY": 12.5})).as_json()
    assert told["cost"]["excl_vat"] == "275"
    assert told["margin"] == {"excl_vat": margin}


def test_what_was_published_counts_not_what_the_cdr_brings() -> None:
    """The CPO's CDR has a tariff of 30, agrees with it, and 20 was shown."""
    dear = tariff(component("ENERGY", 30))
    found = decided(plan(plus()), cdr(dear, 375, {"ENERGY": 12.5}), ENERGY)
    assert found.cost is not None
    assert found.cost.excl_vat == 250


def test_where_the_check_cannot_tell_the_claim_counts_and_that_is_said() -> None:
    told: Any = decided(plan(plus(percent=10)), cdr(None, 300, {"ENERGY": 12.5})).as_json()
    assert (told["basis"], told["cost"]["excl_vat"]) == ("CLAIM", "330")
    assert [each["code"] for each in told["reasons"]] == ["NO_TARIFF"]


def test_an_own_tariff_needs_no_tariff_of_the_cpo() -> None:
    found = decided(plan(own(component("ENERGY", 22))), cdr(None, 300, {"ENERGY": 12.5}))
    assert found.cost is not None
    assert found.cost.excl_vat == 275


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"currency": "EUR"}, "OTHER_CURRENCY"),
        ({"rules": [{"when": {"power_type": "AC"}, "price": plus()}]}, "NO_RULE"),
        ({"rules": [{"when": {"min_power_w": 1}, "price": plus()}]}, "NO_RULE"),
    ],
)
def test_no_price_rather_than_a_wrong_one(fields: dict[str, Any], code: str) -> None:
    told: Any = decided(plan(plus(), **fields), cdr(ENERGY, 250, {"ENERGY": 12.5})).as_json()
    assert (told["cost"], told["margin"], told["lines"]) == (None, None, [])
    assert [each["code"] for each in told["reasons"]] == [code]


def test_without_any_vat_there_is_none() -> None:
    found = decided(plan(plus(percent=10), gst=None), cdr(ENERGY, 250, {"ENERGY": 12.5}))
    assert found.as_json()["cost"] == {"excl_vat": "275", "vat": "0", "incl_vat": "275"}


def test_thousands_of_periods_are_one_line_for_each_price() -> None:
    periods = [{"ENERGY": 0.01, "start": f"2026-11-22T10:{n // 60:02}:{n % 60:02}Z"} for n in range(3000)]
    found = decided(plan(own(component("ENERGY", 22))), cdr(ENERGY, 600, *periods))
    lines: Any = found.lines
    assert [(line["kind"], line["quantity"]) for line in lines] == [("ENERGY", "30")]


def test_a_decision_is_kept_whole() -> None:
    found = decided(plan(plus(percent="33.3"), round_to="0.05"), cdr(TIME, 20, {"TIME": "0.3333333333"}))
    again = Decision.of_text(found.as_text())
    assert (again.as_json(), again.as_text()) == (found.as_json(), found.as_text())
    assert_adds_up(found)


@pytest.mark.parametrize("own_tariff", [ENERGY, TIME, MIXED, RESERVED, FREE_MINUTES, LIMITED])
def test_a_charge_that_is_read_once_has_the_price_of_one_that_is_read_twice(own_tariff: JsonObject) -> None:
    every: Any = CASES
    for _, _, cpo, claim, periods, _ in every:
        value = cdr(cpo, claim, *periods)
        charge = check(value, (), "Asia/Kolkata", CheckRules()).priced.charge
        assert charge is not None
        own: JsonObject = {**own_tariff, "id": OWN_TARIFF}
        once = price_again(charge, own, Decimal(18))
        twice = by_own(value, own, Fraction(18), "Asia/Kolkata")
        assert (once.total, once.reasons, once.notes) == (twice.total, twice.reasons, twice.notes)
        assert [line.amount for line in once.lines] == [line.amount for line in twice.lines]


def test_a_charge_that_contradicts_itself_has_no_price_by_an_own_tariff() -> None:
    """Its periods have 12.5 kWh, its total 10: the CPO claims one reading, which decides nothing for us."""
    value = cdr(ENERGY, 250, {"ENERGY": 12.5}, total_energy=10)
    assert check(value, (), "Asia/Kolkata", CheckRules()).priced.charge is None
    told: Any = decided(plan(own(component("ENERGY", 22))), value).as_json()
    assert (told["cost"], [each["code"] for each in told["reasons"]]) == (None, ["CONTRADICTED"])


IN_WH: dict[str, Any] = {"total_energy": 12_500}


@pytest.mark.parametrize(
    ("price", "cpo", "claim", "volumes", "fields", "cost"),
    [
        # 12.5 kWh x 20, in Wh throughout
        (plus(percent="10"), ENERGY, 250, {"ENERGY": 12_500}, IN_WH, "275"),
        (plus(per_kwh="1"), ENERGY, 250, {"ENERGY": 12_500}, IN_WH, "262.5"),
        (plus(percent="10"), ENERGY, 250, {}, IN_WH, "275"),
        (own(component("ENERGY", 22)), ENERGY, 250, {"ENERGY": 12_500}, IN_WH, "275"),
        # the claim is right by neither: it counts, and with the least energy
        (plus(per_kwh="1"), ENERGY, 300, {"ENERGY": 12_500}, IN_WH, "312.5"),
        (own(component("ENERGY", 22)), ENERGY, 300, {"ENERGY": 12_500}, IN_WH, None),
        (plus(percent="10"), ENERGY, 200, {"ENERGY": 12_500}, IN_WH, "275"),
        # an hour, in minutes and in seconds
        (plus(percent="10"), TIME, 60, {"TIME": 60}, {}, "66"),
        (plus(percent="10"), TIME, 60, {"TIME": 3600}, {}, "66"),
        (own(component("TIME", 90)), TIME, 60, {"TIME": 60}, {}, None),
        # a truck
        (plus(percent="10"), ENERGY, 22_000, {"ENERGY": 1100}, {}, "24200"),
        (plus(percent="10"), ENERGY, 21_000, {"ENERGY": 1100}, {}, "24200"),
        # no period states the time: it is that of the clock
        (own(component("TIME", 90)), ENERGY, 250, {"ENERGY": 12.5}, {}, "90"),
        (own(component("TIME", 90)), ENERGY, 250, {"ENERGY": 12.5}, {"total_parking_time": 0.5}, "45"),
        (own(component("TIME", 90)), ENERGY, 250, {"ENERGY": 12.5, "TIME": 0.5}, {}, "45"),
    ],
)
def test_a_driver_does_not_pay_for_the_unit_of_a_number(  # noqa: PLR0917  # a row of the table
    price: dict[str, Any],
    cpo: JsonObject,
    claim: int,
    volumes: dict[str, Any],
    fields: dict[str, Any],
    cost: str | None,
) -> None:
    value = cdr(cpo, claim, *([volumes] if volumes else []), **fields)
    told: Any = decided(plan(price), value, cpo).as_json()
    assert (told["cost"] and told["cost"]["excl_vat"]) == cost


def test_a_claim_below_nothing_that_is_no_credit_costs_the_driver_nothing_yet() -> None:
    told: Any = decided(plan(plus(percent="10")), cdr(ENERGY, -250, {"ENERGY": 12.5})).as_json()
    assert (told["cost"], [each["code"] for each in told["reasons"]]) == (None, ["NEGATIVE_CLAIM"])
    fed_back: Any = decided(plan(plus()), cdr(ENERGY, -250, {"ENERGY": -12.5}, total_energy=-12.5)).as_json()
    assert fed_back["cost"]["excl_vat"] == "0", "at_least"
