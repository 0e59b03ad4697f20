"""A price plan: what is refused and where, and which rule counts."""

from typing import Any

import pytest

from emsp.invocation import InvalidInvocation, read_payload
from emsp.retail.plan import ChargeConnector, PricePlan
from emsp.retail.put_price_plan import PlanGiven

COST = {"cost_plus": {"percent": "10"}}
ENERGY = {"elements": [{"price_components": [{"type": "ENERGY", "price": "22"}]}]}


def plan(*rules: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "P", "currency": "INR", "rules": list(rules) or [{"price": COST}], **fields}


def read(value: dict[str, Any]) -> PricePlan:
    return read_payload(PlanGiven, {"plan": value}).plan


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
    (plan({"when": {"cpos": ["INABC"]}, "price": COST}), "rules.0.when.cpos.0"),
    (plan({"when": {"cpos": []}, "price": COST}), "rules.0.when.cpos"),
    (plan({"when": {"min_power_w": 2, "max_power_w": 1}, "price": COST}), "rules.0.when"),
]


@pytest.mark.parametrize(("value", "path"), REFUSED)
def test_what_cannot_be_right_is_refused_with_its_path(value: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInvocation) as refused:
        read(value)
    assert path in str(refused.value)


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
