"""Price plans as they are put, asked for and assigned."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from emsp.charges import plan_below_cost
from emsp.invocation import InvalidInvocation
from emsp.ocpi.datetimes import canonical_datetime
from emsp.retail.plan_choice import PlanChoice
from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PricePlans
from emsp.stores.table import LargeBodies, StoreUnavailable
from tests.integration.charges.test_check_cdr import tariff
from tests.integration.house import REPOSITORY, House


def run(house: House, name: str, **payload: Any) -> Any:
    return json.loads(json.dumps(house.app(name).handler(payload, None)))


def plan(percent: str = "10", **fields: Any) -> dict[str, Any]:
    rules = [{"price": {"cost_plus": {"percent": percent}}}]
    return {"id": "STANDARD", "currency": "INR", "rules": rules, **fields}


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def whose(house: House, default: str | None = None) -> PlanChoice:
    bodies = LargeBodies("large-bodies", lambda: boto3.client("s3"))
    return PlanChoice(
        PlanAssignments(house.dynamodb, "plan_assignments"),
        PricePlans(house.dynamodb, "price_plans", bodies),
        default,
        None,
    )


def version_of(house: House, token_uid: str, moment: datetime, default: str | None = None) -> Any:
    found = whose(house, default).of_token(f"IN#EMS#{token_uid}", canonical_datetime(moment))
    return found and (found.plan.id, found.version)


def test_the_version_in_force_when_a_charge_began_counts_for_ever(house: House) -> None:
    first = run(house, "put_price_plan", plan=plan("10"))
    assert (first["plan_id"], first["version"]) == ("STANDARD", 1)
    later = in_hours(48)
    third = {"plan": plan("30"), "from": later.isoformat()}
    assert run(house, "put_price_plan", **third)["version"] == 2
    assert run(house, "put_price_plan", plan=plan("20"))["version"] == 3
    now = run(house, "get_price_plan", plan_id="STANDARD")
    assert (now["version"], [each["version"] for each in now["later"]]) == (3, [2])
    assert now["plan"] == plan("20")
    assert run(house, "get_price_plan", plan_id="STANDARD", at=first["from"])["version"] == 1
    at_last = run(house, "get_price_plan", plan_id="STANDARD", at=in_hours(49).isoformat())
    assert (at_last["version"], at_last["later"]) == (2, [])
    [listed] = run(house, "list_price_plans")["plans"]
    assert (listed["plan_id"], listed["version"]) == ("STANDARD", 3)


def test_of_two_versions_from_the_same_moment_the_later_put_counts(house: House) -> None:
    when = in_hours(1).isoformat()
    for percent in ("1", "2"):
        run(house, "put_price_plan", **{"plan": plan(percent), "from": when})
    assert run(house, "get_price_plan", plan_id="STANDARD", at=when)["version"] == 2
    [listed] = run(house, "list_price_plans")["plans"]
    assert (listed["version"], len(listed["later"])) == (None, 2)


def test_nothing_counts_from_the_past_on(house: House) -> None:
    run(house, "put_price_plan", plan=plan())
    past = {"from": in_hours(-0.01).isoformat()}
    for name, payload in (
        ("put_price_plan", {"plan": plan()}),
        ("assign_price_plan", {"token_uid": "D", "plan_id": "STANDARD"}),
    ):
        with pytest.raises(InvalidInvocation, match="must not be in the past"):
            run(house, name, **payload, **past)


def test_a_large_plan_is_kept_whole(house: House) -> None:
    rules = [
        {"when": {"location_ids": [f"L{number}-{n}" for n in range(40)]}, "price": {"cost_plus": {}}}
        for number in range(2000)
    ]
    run(house, "put_price_plan", plan=plan(rules=rules))
    assert len(run(house, "get_price_plan", plan_id="STANDARD")["plan"]["rules"]) == 2000


def test_a_token_has_its_own_plan_else_the_stacks_else_none(house: House) -> None:
    run(house, "put_price_plan", plan=plan())
    run(house, "put_price_plan", plan=plan(id="OTHER"))
    before = in_hours(-0.01)
    run(house, "assign_price_plan", token_uid="driver-1", plan_id="OTHER")
    run(
        house,
        "assign_price_plan",
        **{"token_uid": "DRIVER-1", "plan_id": None, "from": in_hours(5).isoformat()},
    )
    after = in_hours(1)
    assert version_of(house, "DRIVER-1", after) == ("OTHER", 1)
    assert version_of(house, "DRIVER-1", before) is None
    assert version_of(house, "DRIVER-1", after, "STANDARD") == ("OTHER", 1)
    assert version_of(house, "DRIVER-1", in_hours(6), "STANDARD") == ("STANDARD", 1)
    assert version_of(house, "DRIVER-1", in_hours(6)) is None
    assert version_of(house, "DRIVER-2", after) is None
    assert version_of(house, "DRIVER-2", after, "STANDARD") == ("STANDARD", 1)
    assert version_of(house, "DRIVER-2", in_hours(-1), "STANDARD") is None, "the plan came later"


def test_a_plan_that_is_not_there_is_said_to_be_none(house: House) -> None:
    for name, payload in (("get_price_plan", {}), ("assign_price_plan", {"token_uid": "D"})):
        with pytest.raises(InvalidInvocation, match="there is no price plan NONE"):
            run(house, name, plan_id="NONE", **payload)
    run(house, "put_price_plan", **{"plan": plan(), "from": in_hours(1).isoformat()})
    with pytest.raises(InvalidInvocation, match="applies only from"):
        run(house, "assign_price_plan", token_uid="D", plan_id="STANDARD")


def test_a_driver_who_was_forgotten_is_not_named_by_an_assignment(house: House) -> None:
    run(house, "put_price_plan", plan=plan())
    forgotten = ForgottenTokens(house.dynamodb, "control")
    forgotten.mark("IN#EMS#DRIVER-1", "FORGOTTEN-1", datetime.now(UTC))
    house.app("assign_price_plan").assign_price_plan.forgotten._looked_at = -1e9
    run(house, "assign_price_plan", token_uid="DRIVER-1", plan_id="STANDARD")
    items = house.dynamodb.scan(TableName="plan_assignments")["Items"]
    assert [item["token_key"]["S"] for item in items] == ["IN#EMS#FORGOTTEN-1"]


@pytest.mark.parametrize(
    "name", ["put_price_plan", "get_price_plan", "list_price_plans", "assign_price_plan"]
)
def test_each_sample_event_is_answered(house: House, name: str) -> None:
    run(house, "put_price_plan", plan=plan())
    for path in sorted(Path(REPOSITORY / "events" / name).glob("*.json")):
        assert run(house, name, **json.loads(path.read_text(encoding="utf-8")))


def keep_connectors(house: House) -> None:
    """One of each tariff of 10 to 30 a kWh, at a location of its own."""
    bodies = LargeBodies("large-bodies", lambda: boto3.client("s3"))
    for number, price in enumerate((10, 20, 30)):
        key = f"IN#CPO#T{number}"
        value = tariff(price, id=f"T{number}")
        stored = CatalogueObject(key, json.dumps(value), "2026", "0", "0")
        CatalogueTable(house.dynamodb, "tariffs", bodies).put_new([stored], "2026-11-01")
        connector = {"id": "1", "power_type": "DC", "max_electric_power": 50_000, "tariff_ids": [value["id"]]}
        location: dict[str, Any] = {
            "country_code": "IN",
            "party_id": "CPO",
            "id": f"L{number}",
            "country": "IND",
        }
        location["evses"] = [{"uid": "E", "connectors": [connector]}]
        stored = CatalogueObject(f"IN#CPO#L{number}", json.dumps(location), "2026", "0", "0")
        CatalogueTable(house.dynamodb, "locations", bodies).put_new([stored], "2026-11-01")


def own(price: str) -> dict[str, Any]:
    return {"tariff": {"elements": [{"price_components": [{"type": "ENERGY", "price": price}]}]}}


BELOW = [
    ({"cost_plus": {"percent": "0"}}, 0),
    ({"cost_plus": {"percent": "-1"}}, 3),
    ({"cost_plus": {"percent": "-10", "per_session": "15"}}, 3),  # 10 % of 400 is more than 15
    ({"cost_plus": {"percent": "10", "at_most": "500"}}, 2),  # 40 kWh cost 400, 800 and 1,200
    (own("20"), 1),
    (own("9.99"), 3),
]


@pytest.mark.parametrize(("price", "below"), BELOW)
def test_a_plan_that_would_lose_money_is_kept_and_that_is_said(house: House, price: Any, below: int) -> None:
    keep_connectors(house)
    put = run(house, "put_price_plan", plan=plan(rules=[{"price": price}]))
    assert (put["below_cost"], put["compared_connectors"], put["all_compared"]) == (below, 3, True)
    assert run(house, "get_price_plan", plan_id="STANDARD")["plan"]["rules"] == [{"price": price}]


def test_only_what_has_both_prices_is_compared(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_connectors(house)
    rules = [{"when": {"location_ids": ["L1"]}, "price": {"cost_plus": {"percent": "-50"}}}]
    put = run(house, "put_price_plan", plan=plan(rules=rules))
    assert (put["below_cost"], put["compared_connectors"]) == (1, 1)
    put = run(house, "put_price_plan", plan=plan(currency="EUR"))
    assert (put["below_cost"], put["compared_connectors"]) == (0, 0)
    monkeypatch.setattr(plan_below_cost, "COMPARED_FOR_S", 0)
    assert run(house, "put_price_plan", plan=plan())["all_compared"] is False
    monkeypatch.setattr(CatalogueTable, "scan_texts", unavailable)
    put = run(house, "put_price_plan", plan=plan())
    assert (put["version"], put["below_cost"]) == (4, None)


def unavailable(_: CatalogueTable) -> Any:
    raise StoreUnavailable("throttled")
