"""What the driver is going to pay: at a connector, and at all connectors of a search."""

import json
import time
from typing import Any

import pytest

from emsp.catalogue.map_cells import cell_of
from emsp.invocation import InvalidInvocation
from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
from tests.integration.charges.test_check_cdr import bodies, keep_version, tariff
from tests.integration.charges.test_estimate_price import CONNECTOR, WHEN, keep_location
from tests.integration.charges.test_estimate_price import run as estimate
from tests.integration.house import House
from tests.integration.lambda_context import Context
from tests.integration.retail.plans import assign, keep_plan

PLUS = {"cost_plus": {"percent": "10", "per_kwh": "1"}}
OWN = {"tariff": {"elements": [{"price_components": [{"type": "TIME", "price": "60"}]}]}}


@pytest.fixture(autouse=True)
def at_a_connector(house: House) -> None:
    house.apps.clear()
    keep_location(house, "T1")
    keep_version(house, tariff(20), "2026-11-01T00:00:00.000000000Z")


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        (PLUS, {"excl_vat": "287.5", "vat": "51.75", "incl_vat": "339.25"}),
        # 12.5 kWh at 50 kW take a quarter of an hour
        (OWN, {"excl_vat": "15", "vat": "2.7", "incl_vat": "17.7"}),
    ],
)
def test_an_estimate_has_what_the_driver_pays(house: House, price: Any, cost: dict[str, str]) -> None:
    keep_plan(house, price)
    assign(house, "STANDARD")
    asked = {"connector": CONNECTOR, "start": WHEN, "energy_kwh": 12.5}
    for whose in ({"plan_id": "STANDARD"}, {"token_uid": "TOKEN1"}):
        found = estimate(house, **asked, **whose)
        assert found["cost"]["excl_vat"] == "250"
        retail = found["retail"]
        assert (retail["plan"], retail["cost"]) == ({"id": "STANDARD", "version": 1}, cost)
        assert (retail["least"], retail["most"], retail["reasons"]) == (cost, cost, [])
    assert "retail" not in estimate(house, **asked)
    assert "retail" not in estimate(house, **asked, token_uid="OTHER")
    with pytest.raises(InvalidInvocation, match="there is no price plan NONE"):
        estimate(house, **asked, plan_id="NONE")
    with pytest.raises(InvalidInvocation, match="applies only from"):
        estimate(house, **{**asked, "start": "2026-11-01T00:00:00Z"}, plan_id="STANDARD")


def test_of_several_tariffs_there_is_a_range(house: House) -> None:
    keep_plan(house, PLUS)
    keep_location(house, "T1", "T2")
    other = CatalogueObject("IN#CPO#T2", json.dumps(tariff(22, id="T2")), "2026", "0", "0")
    CatalogueTable(house.dynamodb, "tariffs", bodies()).put_new([other], "2026-11-01")
    asked = {"connector": CONNECTOR, "start": WHEN, "energy_kwh": 10, "plan_id": "STANDARD"}
    retail = estimate(house, **asked)["retail"]
    assert (retail["cost"], retail["least"]["excl_vat"], retail["most"]["excl_vat"]) == (None, "230", "252")
    assert [each["code"] for each in retail["reasons"]] == ["SEVERAL_TARIFFS"]


def keep_fifty(house: House, connectors: int = 4) -> None:
    table = CatalogueTable(house.dynamodb, "locations", bodies())
    tariffs = [
        CatalogueObject(f"IN#CPO#T{n}", json.dumps(tariff(10 + n, id=f"T{n}")), "2026", "0", "0")
        for n in range(50)
    ]
    CatalogueTable(house.dynamodb, "tariffs", bodies()).put_new(tariffs, "2026-11-01")
    locations = []
    for number in range(50):
        plugs = [
            {"id": str(n), "power_type": "DC", "max_electric_power": 50_000, "tariff_ids": [f"T{number}"]}
            for n in range(connectors)
        ]
        point = {"latitude": "12.95", "longitude": "77.65"}
        value = {
            "country_code": "IN",
            "party_id": "CPO",
            "id": f"L{number}",
            "coordinates": point,
            "publish": True,
            "time_zone": "Asia/Kolkata",
            "evses": [{"uid": "E", "status": "AVAILABLE", "connectors": plugs}],
        }
        rows = [["AVAILABLE", "IEC_62196_T2", 50000, connectors]]
        summary = json.dumps([f"IN#CPO#L{number}", 12.95, 77.65, rows, True])
        indexed = {"object_id": f"L{number}".upper(), "cell": cell_of(12.95, 77.65), "summary": summary}
        locations.append(
            CatalogueObject(f"IN#CPO#L{number}", json.dumps(value), "2026", "0", "0", attributes=indexed)
        )
    table.put_new(locations, "2026-11-01T00:00:00.000000000Z")


def find(house: House, **payload: Any) -> Any:
    return json.loads(json.dumps(house.app("find_locations").handler(payload, Context(20))))


def test_each_connector_of_a_location_has_both_prices(house: House) -> None:
    keep_fifty(house)
    keep_plan(house, PLUS, rules=[{"when": {"power_type": "DC"}, "price": PLUS}])
    assign(house, "STANDARD")
    where = {"location": {"country_code": "IN", "party_id": "CPO", "id": "L7"}}
    expected = {"energy_kwh": 10, "minutes": 30}
    found = find(house, **where, estimate=expected, token_uid="TOKEN1")
    for connector in found["locations"][0]["object"]["evses"][0]["connectors"]:
        assert (connector["currency"], connector["cost"]["excl_vat"]) == ("INR", "170")
        assert connector["retail"]["cost"]["excl_vat"] == "197"
    [location] = find(house, **where, estimate=expected)["locations"]
    assert "retail" not in location["object"]["evses"][0]["connectors"][0]
    [location] = find(house, **where)["locations"]
    assert "cost" not in location["object"]["evses"][0]["connectors"][0]
    with pytest.raises(InvalidInvocation, match="need estimate"):
        find(house, **where, plan_id="STANDARD")


def test_fifty_locations_are_priced_within_a_second(house: House) -> None:
    keep_fifty(house)
    keep_plan(house, PLUS)
    asked = {"latitude": 12.95, "longitude": 77.65, "plan_id": "STANDARD"}
    asked["estimate"] = {"energy_kwh": 10, "minutes": 30}
    find(house, **asked)
    began = time.process_time()
    found = find(house, **asked)
    took = time.process_time() - began
    connectors = [
        connector for each in found["locations"] for connector in each["object"]["evses"][0]["connectors"]
    ]
    assert len(connectors) == 200
    assert all(each["retail"]["cost"] for each in connectors)
    assert took < 1
