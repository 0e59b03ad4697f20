"""What the driver pays by a price plan, before, during and after the charge."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.ocpi.datetimes import canonical_datetime
from emsp.stores import aws
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PricePlans
from tests.integration.driver_api.conftest import function
from tests.integration.driver_api.phone import DRIVER, Phone
from tests.integration.driver_api.test_charges import BODIES, bill, linked, started
from tests.integration.emsp_side import Emsp
from tests.integration.lambda_context import Context


@pytest.fixture
def plan(app: Any) -> None:
    """10% on top for this driver, and nobody else."""
    since = canonical_datetime(datetime(2026, 11, 1, tzinfo=UTC))
    rules = [{"price": {"cost_plus": {"percent": "10"}}}]
    value = {"id": "PLUS", "currency": "INR", "rules": rules, "round_to": "0.01", "vat": "18"}
    PricePlans(aws.dynamodb_client(), "price_plans", BODIES).add("PLUS", json.dumps(value), since)
    PlanAssignments(aws.dynamodb_client(), "plan_assignments").assign(f"IN#EMS#{DRIVER}", "PLUS", since)


def test_each_connector_and_an_estimate_say_what_the_driver_pays(
    phone: Phone, other_phone: Phone, pulled: list[dict[str, Any]], plan: None
) -> None:
    point = {name: pulled[0]["coordinates"][name] for name in ("latitude", "longitude")}
    asked = {**point, "radius_m": 50_000, "energy_kwh": 20}
    stations = phone("GET", "/stations", query=asked).json["stations"]
    prices = [
        (station, evse, each)
        for station in stations
        for evse in station["evses"]
        for each in evse["connectors"]
        if each["price"] and each["price"]["cost"]
    ]
    assert prices
    for _, _, connector in prices:
        cost, retail = connector["price"]["cost"], connector["price"]["retail"]["cost"]
        assert retail["currency"] == cost["currency"]
        assert float(retail["excl_vat"]) == pytest.approx(float(cost["excl_vat"]) * 1.1, abs=0.02)
    station, evse, connector = prices[0]
    place = {name: station[name] for name in ("country_code", "party_id", "location_id")}
    asked = {"station": place, "evse_uid": evse["uid"], "connector_id": connector["id"], "energy_kwh": 20}
    assert phone("POST", "/estimates", asked).json == connector["price"]
    full = phone("GET", f"/stations/{'/'.join(place.values())}", query={"energy_kwh": 20}).json
    assert full["evses"] == station["evses"], "one call has the prices of all its connectors"
    without = other_phone("POST", "/estimates", asked).json
    assert without == {**connector["price"], "retail": None}


def test_the_receipt_waits_for_the_price_and_the_driver_pays_that(
    phone: Phone, place: dict[str, Any], emsp: Emsp, plan: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge_id, cpo = started(phone, place).json["id"], place["station"]["party_id"]
    ago = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    linked(emsp, charge_id, kwh=2, party_id=cpo, start_date_time=ago, total_cost={"excl_vat": 40})
    running = phone("GET", f"/charges/{charge_id}").json
    assert (running["cost"]["excl_vat"], running["price"]["excl_vat"]) == ("40", "44")
    bill(party_id=cpo)
    waiting = phone("GET", f"/charges/{charge_id}")
    assert not waiting.json["receipt_ready"]
    refused = phone("GET", f"/charges/{charge_id}/receipt")
    assert (refused.status, refused.problem, refused.headers["Retry-After"]) == (409, "no-receipt-yet", "60")
    monkeypatch.setenv("PARKED_RECORDS_QUEUE_URL", "unused")
    asked = {"cdr": {"country_code": "IN", "party_id": cpo, "id": "C-1"}}
    function("check_cdr").handler(asked, Context(30))
    done = phone("GET", f"/charges/{charge_id}", if_none_match=waiting.headers["ETag"])
    assert (done.status, done.json["receipt_ready"]) == (200, True)
    receipt = phone("GET", f"/charges/{charge_id}/receipt").json
    assert receipt["charge"]["cost"]["excl_vat"] == "250.1"
    assert receipt["to_pay"]["excl_vat"] == receipt["charge"]["price"]["excl_vat"] == "275.11"
    page = phone("GET", f"/charges/{charge_id}/receipt", accept="text/html").text
    assert receipt["to_pay"]["incl_vat"] in page
