"""What the driver would pay if the session ended now, and the limit that is held against it."""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.credible_times import Seen
from emsp.charges.pricing_context import PricingContext
from emsp.ocpi.json_text import JsonObject
from tests.unit.retail.cases import component, plan, tariff

SESSION: JsonObject = {
    "country_code": "IN",
    "party_id": "CPO",
    "id": "S1",
    "start_date_time": "2026-11-22T10:00:00Z",
    "last_updated": "2026-11-22T10:30:00Z",
    "kwh": 10,
    "currency": "INR",
    "status": "ACTIVE",
    "location_id": "LOC1",
}
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def so_far(price: dict[str, Any] | None, *tariffs: JsonObject, **fields: Any) -> Any:
    in_force = None if price is None else plan(price, round_to="0.01", **fields)
    cost = CostSoFar(
        lambda _: PricingContext("Asia/Kolkata", tariffs),
        None,
        lambda session, start: in_force,
    )
    return cost(SESSION, Seen(NOW, NOW))


def test_the_cost_so_far_and_the_limit_are_what_the_driver_pays() -> None:
    found = so_far({"cost_plus": {"percent": "50"}}, tariff(component("ENERGY", 20, vat=18)))
    assert found.as_json()["by_tariff"]["excl_vat"] == "200"
    assert found.as_json()["retail"]["cost"] == {"excl_vat": "300", "vat": "54", "incl_vat": "354"}
    assert (found.reading().least, found.limit_reading().least) == (236, 354)


def test_an_own_tariff_prices_what_was_used_so_far() -> None:
    elements = {"elements": [{"price_components": [{"type": "ENERGY", "price": "22"}]}]}
    found = so_far({"tariff": elements})
    assert found.as_json()["retail"]["cost"]["excl_vat"] == "220"
    assert found.limit_reading().least == found.retail.cost.incl_vat


def test_a_driver_without_a_plan_or_a_price_has_the_cpos_amounts() -> None:
    without = so_far(None, tariff(component("ENERGY", 20, vat=18)))
    assert "retail" not in without.as_json()
    other = so_far({"cost_plus": {}}, tariff(component("ENERGY", 20, vat=18)), currency="EUR")
    assert [each["code"] for each in other.as_json()["retail"]["reasons"]] == ["OTHER_CURRENCY"]
    assert [each.limit_reading().least for each in (without, other)] == [236, 236]
