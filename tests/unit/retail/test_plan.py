"""A price plan: what is refused and where, and which rule counts."""

from typing import Any

import pytest

from emsp.invocation import InvalidInvocation, read_payload
from emsp.retail.plan import ChargeConnector, PricePlan
from emsp.retail.put_price_plan import PutPricePlanRequest

COST = {"cost_plus": {"percent": "10"}}
ENERGY = {"elements": [{"price_components": [{"type": "ENERGY", "price": "22"}]}]}


def plan(*rules: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "P", "currency": "INR", "rules": list(rules) or [{"price": COST}], **fields}


def read(value: dict[str, Any]) -> PricePlan:
    return read_payload(PutPricePlanRequest, {"plan": value}).plan


def priced(**price: Any) -> dict[str, Any]:
    return plan({"price": price})


def tariff(**fields: Any) -> dict[str, Any]:
    return priced(tariff={**ENERGY, **fields})


REFUSED = [
    (plan(id="a b"), "plan.id"),
    (plan(currency="inr"), "plan.currency"),
    ({**plan(), "rules": []}, "plan.rules"),
    (plan(round_to=0), "plan.round_to"),
    (plan(vat=-1), "plan.vat"),
    (plan(vat="0.18"), "plan.vat must be in percent"),
    (tariff(elements=[{"price_components": [{"type": "ENERGY", "price": 1, "vat": 0.18}]}]), "in percent"),
    (plan(name="x"), "plan.name"),
    (priced(), "rules.0.price"),
    (priced(**COST, tariff=ENERGY), "rules.0.price"),
    (priced(cost_plus={"percent": "-100.1"}), "rules.0.price.cost_plus.percent must be at least -100"),
    (priced(cost_plus={"percent": "ten"}), "rules.0.price.cost_plus.percent"),
    (priced(cost_plus={"percent": True}), "rules.0.price.cost_plus.percent"),
    (priced(cost_plus={"per_kwh": "1e30"}), "rules.0.price.cost_plus.per_kwh"),
    (priced(cost_plus={"at_least": "-0.01"}), "rules.0.price.cost_plus.at_least must be at least 0"),
    (priced(cost_plus={"at_most": -1}), "rules.0.price.cost_plus.at_most"),
    (priced(cost_plus={"at_least": 2, "at_most": 1}), "rules.0.price.cost_plus"),
    (priced(cost_plus={"margin": 1}), "rules.0.price.cost_plus.margin"),
    (tariff(currency="EUR"), "rules.0.price.tariff.currency is EUR"),
    (tariff(elements=[]), "rules.0.price.tariff.elements"),
    (tariff(min_price={"excl_vat": 3}, max_price={"excl_vat": 2}), "rules.0.price.tariff"),
    (tariff(elements=[{"price_components": [{"type": "ENERGY", "price": -1}]}]), "price_components.0.price"),
    (tariff(elements=[{**ENERGY["elements"][0], "restrictions": {"start_time": "9:00"}}]), "start_time"),
    (tariff(elements=[{**ENERGY["elements"][0], "restrictions": {"startTime": "09:00"}}]), "startTime"),
    (plan(currency="ZZZ"), "plan.currency must be a currency of ISO 4217"),
    (plan(currency="XXX"), "plan.currency must be a currency of ISO 4217"),
    (plan(currency="DEM"), "plan.currency must be a currency of ISO 4217"),
    (plan(currency="JPY", round_to="0.01"), "round_to must be a multiple of 1, the smallest amount in JPY"),
    (plan(round_to="0.005"), "round_to must be a multiple of 0.01, the smallest amount in INR"),
    (plan(currency="KWD", round_to="0.0005"), "round_to must be a multiple of 0.001"),
    (tariff(min_price={"excl_vat": 3, "incl_vat": 2}), "tariff.min_price"),
    (tariff(min_price={"excl_vat": 3, "incl_vat": 5}, max_price={"excl_vat": 4, "incl_vat": 4}), "above its"),
    (tariff(elements=[{"price_components": [{"type": "ENERGY", "price": 1, "step_size": 0}]}]), "step_size"),
    (plan({"when": {"cpos": ["INABC"]}, "price": COST}), "rules.0.when.cpos.0"),
    (plan({"when": {"cpos": []}, "price": COST}), "rules.0.when.cpos"),
    (plan({"when": {"min_power_w": 2, "max_power_w": 1}, "price": COST}), "rules.0.when"),
]


@pytest.mark.parametrize(("value", "path"), REFUSED)
def test_what_cannot_be_right_is_refused_with_its_path(value: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInvocation) as refused:
        read(value)
    assert path in str(refused.value)


NEVER_MET = [
    {"min_kwh": 20, "max_kwh": 10},
    {"min_kwh": "10", "max_kwh": 10},
    {"max_kwh": 0},
    {"min_duration": 60, "max_duration": 60},
    {"max_duration": 0},
    {"min_power": 50, "max_power": 22},
    {"min_power": 50, "max_power": 50},
    {"max_power": 0},
    {"min_current": 32, "max_current": 16},
    {"start_time": "22:00", "end_time": "22:00"},
    {"start_date": "2026-12-31", "end_date": "2026-12-01"},
    {"start_date": "2026-12-01", "end_date": "2026-12-01"},
    {"day_of_week": []},
]
MET = [
    {"min_kwh": 0, "max_kwh": "0.001"},
    {"min_power": 22, "max_power": 50},
    {"start_time": "22:00", "end_time": "06:00"},
    {"start_time": "00:00", "end_time": "00:00"},
    {"start_time": "08:00"},
    {"start_date": "2026-12-01", "end_date": "2026-12-02"},
    {"day_of_week": ["MONDAY", "MONDAY"]},
    {"min_duration": 0},
]


@pytest.mark.parametrize("restrictions", NEVER_MET)
def test_restrictions_that_nothing_can_meet_are_refused(restrictions: dict[str, Any]) -> None:
    value = tariff(elements=[ENERGY["elements"][0], {**ENERGY["elements"][0], "restrictions": restrictions}])
    with pytest.raises(InvalidInvocation, match=r"rules\.0\.price\.tariff\.elements\.1\.restrictions"):
        read(value)


@pytest.mark.parametrize("restrictions", MET)
def test_restrictions_that_something_can_meet_are_kept(restrictions: dict[str, Any]) -> None:
    read(tariff(elements=[{**ENERGY["elements"][0], "restrictions": restrictions}]))


def elements(*each: tuple[str, dict[str, Any] | None]) -> dict[str, Any]:
    return tariff(
        elements=[
            {
                "price_components": [{"type": kind, "price": 1} for kind in kinds.split()],
                **({} if restrictions is None else {"restrictions": restrictions}),
            }
            for kinds, restrictions in each
        ]
    )


NIGHT = {"start_time": "22:00", "end_time": "06:00"}
RESERVED = {"reservation": "RESERVATION"}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (elements(("ENERGY", None), ("ENERGY", NIGHT)), "ENERGY in elements.1 that can never apply"),
        (elements(("ENERGY", {}), ("TIME ENERGY", NIGHT)), "ENERGY in elements.1"),
        (elements(("TIME", RESERVED), ("TIME", {**RESERVED, **NIGHT})), "TIME in elements.1"),
        (elements(("ENERGY", RESERVED)), "elements.0 has a price for ENERGY, but a reservation has only"),
    ],
)
def test_a_price_that_can_never_apply_is_refused(value: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInvocation, match=says):
        read(value)


def test_prices_that_each_can_apply_are_kept() -> None:
    read(elements(("ENERGY", NIGHT), ("ENERGY", NIGHT | {"day_of_week": ["SUNDAY"]}), ("ENERGY TIME", None)))
    read(
        elements(
            ("TIME FLAT", None), ("TIME FLAT", RESERVED), ("TIME", {"reservation": "RESERVATION_EXPIRES"})
        )
    )


@pytest.mark.parametrize(
    ("currency", "round_to"), [("JPY", 1), ("KWD", "0.005"), ("EUR", "0.05"), ("XOF", 5)]
)
def test_a_currency_of_iso_4217_is_rounded_to_what_can_be_paid(currency: str, round_to: Any) -> None:
    assert read(plan(currency=currency, round_to=round_to)).currency == currency


DEAD = [
    ({}, {}),
    ({}, {"cpos": ["IN*ABC"]}),
    ({"cpos": ["IN*ABC", "IN*XYZ"]}, {"cpos": ["in*abc"], "power_type": "DC"}),
    ({"location_ids": ["loc1", "LOC2"]}, {"location_ids": ["LOC1"]}),
    ({"min_power_w": 10}, {"min_power_w": 11, "max_power_w": 20}),
    ({"max_power_w": 20}, {"max_power_w": 20}),
    ({"power_type": "AC"}, {"power_type": "AC", "location_ids": ["L"]}),
]
ALIVE = [
    ({"cpos": ["IN*ABC"]}, {}),
    ({"cpos": ["IN*ABC"]}, {"cpos": ["IN*ABC", "IN*XYZ"]}),
    ({"min_power_w": 0}, {}),
    ({"min_power_w": 10}, {"min_power_w": 9, "max_power_w": 20}),
    ({"power_type": "AC"}, {"power_type": "DC"}),
    ({"location_ids": ["L"]}, {"cpos": ["IN*ABC"]}),
]


@pytest.mark.parametrize(("first", "second"), DEAD)
def test_a_rule_that_an_earlier_one_takes_all_of_is_refused(first: Any, second: Any) -> None:
    with pytest.raises(InvalidInvocation, match=r"rules\.1\.when can never match: rules\.0"):
        read(plan({"when": first, "price": COST}, {"when": second, "price": COST}))


@pytest.mark.parametrize(("first", "second"), ALIVE)
def test_a_rule_that_can_match_something_is_kept(first: Any, second: Any) -> None:
    read(plan({"when": first, "price": COST}, {"when": second, "price": COST}))


def test_the_first_rule_that_matches_counts_whatever_narrows_it() -> None:
    whens: list[dict[str, Any]] = [
        {"power_type": "DC", "min_power_w": 100_000},
        {"location_ids": ["loc1"], "power_type": "AC"},
        {"cpos": ["in*abc"], "max_power_w": 50_000},
        {"location_ids": ["LOC1"]},
        {},
    ]
    found = read(plan(*({"when": when, "price": COST} for when in whens)))
    cases = [
        (ChargeConnector("IN*ABC", "LOC1", "DC", 100_000), 0),
        (ChargeConnector("IN*ABC", "LOC1", "AC", 22_000), 1),
        (ChargeConnector("IN*ABC", "LOC1", "DC", 50_000), 2),
        (ChargeConnector("IN*ABC", "LOC1", "DC", 60_000), 3),
        (ChargeConnector("IN*ABC", "LOC1"), 3),
        (ChargeConnector("IN*ABC", "LOC2"), 4),
    ]
    assert [found.rule_for(plug) is found.rules[number] for plug, number in cases] == [True] * len(cases)


def test_a_plan_is_kept_as_it_was_given() -> None:
    given = priced(cost_plus={"percent": 10, "per_kwh": 1.5, "at_least": "0.50"})
    assert read(given).as_json() == priced(cost_plus={"percent": "10", "per_kwh": "1.5", "at_least": "0.5"})
    assert read(read(given).as_json()) == read(given)
