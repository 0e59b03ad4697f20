import time
from decimal import Decimal

import pytest

from tests.hub_simulator.costs import Use, costs
from tests.hub_simulator.envelope import parse_timestamp
from tests.hub_simulator.json_types import JsonObject
from tests.unit.hub_simulator.conftest import Connected


def charge(
    connected: Connected, location: JsonObject, seconds: float = 0.12
) -> tuple[list[JsonObject], JsonObject]:
    """All session pushes and the CDR of one charge."""
    to = {"OCPI-to-country-code": "IN", "OCPI-to-party-id": location["party_id"]}
    body = {
        "response_url": f"{connected.emsp.url}/commands/START_SESSION/1",
        "token": connected.token_object(),
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "authorization_reference": "AUTH-1",
    }
    assert connected.call("POST", "commands/START_SESSION", body, headers=to).data["result"] == "ACCEPTED"
    time.sleep(seconds)
    assert connected.stop(connected.hub.admin.sessions()[0]["session"]["id"]).data["result"] == "ACCEPTED"
    connected.hub.admin.wait_idle(5)
    (cdr,) = connected.emsp.bodies("/cdrs")
    return connected.emsp.bodies("/sessions"), cdr


def number(value: object) -> Decimal:
    return Decimal(str(value))


def volumes(periods: list[JsonObject], kind: str) -> Decimal:
    found = [d["volume"] for period in periods for d in period["dimensions"] if d["type"] == kind]
    return sum(map(number, found), Decimal(0))


@pytest.mark.parametrize("n", range(5), ids=["spec", "no_zone", "fractions", "offset_and_nulls", "strings"])
def test_a_session_grows_and_its_cdr_agrees_with_it(connected: Connected, n: int) -> None:
    location = connected.hub.admin.objects("locations")[n]
    sessions, cdr = charge(connected, location)

    assert [s["status"] for s in sessions[:2]] == ["PENDING", "ACTIVE"]
    assert sessions[-1]["status"] == "COMPLETED"
    energy = [number(s["kwh"]) for s in sessions]
    assert energy == sorted(energy)
    assert energy[-1] > energy[1] == 0
    updated = [parse_timestamp(s["last_updated"]) for s in sessions]
    assert updated == sorted(set(updated))

    last = sessions[-1]
    assert number(cdr["total_energy"]) == energy[-1] == volumes(cdr["charging_periods"], "ENERGY")
    assert number(cdr["total_time"]) == volumes(cdr["charging_periods"], "TIME")
    assert cdr["total_cost"] == last["total_cost"]
    for name in ("start_date_time", "end_date_time", "cdr_token", "auth_method", "charging_periods"):
        assert cdr[name] == last[name]
    assert cdr["session_id"] == last["id"]
    assert cdr["authorization_reference"] == last["authorization_reference"] == "AUTH-1"
    assert cdr["cdr_location"]["evse_uid"] == last["evse_uid"] == location["evses"][0]["uid"]
    assert cdr["currency"] == "INR"

    hours = (
        parse_timestamp(cdr["end_date_time"]) - parse_timestamp(cdr["start_date_time"])
    ).total_seconds() / 3600
    assert abs(float(cdr["total_time"]) - hours) < 0.0001
    components = {c["type"]: c for c in cdr["tariffs"][0]["elements"][0]["price_components"]}
    excl = number(components["ENERGY"]["price"]) * energy[-1]
    excl += number(components.get("FLAT", {}).get("price", 0))
    assert abs(number(cdr["total_cost"]["excl_vat"]) - excl) < Decimal("0.001")
    taxed = "vat" in components["ENERGY"]
    assert ("incl_vat" in cdr["total_cost"]) == taxed
    if taxed:
        incl = number(cdr["total_cost"]["excl_vat"]) * Decimal("1.18")
        assert abs(number(cdr["total_cost"]["incl_vat"]) - incl) < Decimal("0.001")


def test_a_full_battery_takes_no_more_and_the_car_then_parks(connected: Connected) -> None:
    connected.hub.admin.change_settings(charging={"battery_kwh": 0.05, "energy_factor": 2000})
    _, cdr = charge(connected, connected.hub.admin.objects("locations")[0], seconds=0.45)
    assert number(cdr["total_energy"]) == Decimal("0.05")
    parked = volumes(cdr["charging_periods"], "PARKING_TIME")
    assert parked == number(cdr["total_parking_time"]) > 0
    assert number(cdr["total_time"]) - parked == volumes(cdr["charging_periods"], "TIME")


def test_a_session_ends_by_itself(connected: Connected) -> None:
    connected.hub.admin.change_settings(charging={"max_session_s": 0.1})
    connected.start(connected.hub.admin.objects("locations")[0])
    connected.hub.admin.wait_idle(5)
    assert connected.emsp.bodies("/sessions")[-1]["status"] == "COMPLETED"
    assert connected.hub.admin.cdrs() == connected.emsp.bodies("/cdrs")


def test_pushes_can_be_as_incomplete_as_the_hub_s_samples(connected: Connected) -> None:
    connected.hub.admin.change_settings(charging={"style": "hub_sample"})
    sessions, cdr = charge(connected, connected.hub.admin.objects("locations")[0], seconds=0.65)
    for value in (*sessions, cdr):
        assert "auth_method" not in value
        assert "charging_periods" not in value
    assert cdr["total_time"] == 1  # seconds


def test_a_card_starts_a_session_too_and_a_cpo_can_declare_it_invalid(connected: Connected) -> None:
    location = connected.hub.admin.objects("locations")[0]
    names = ("country_code", "party_id", "uid", "type", "contract_id")
    token = {name: connected.token_object()[name] for name in names}
    started = connected.hub.admin.start_session(
        country_code="IN", party_id="TZC", location_id=location["id"], cdr_token=token
    )
    connected.come("/sessions", 2)
    connected.hub.admin.invalidate_session(started["session"]["id"])
    connected.hub.admin.wait_idle(5)
    last = connected.emsp.bodies("/sessions")[-1]
    assert (last["status"], last["auth_method"]) == ("INVALID", "WHITELIST")
    assert connected.emsp.bodies("/cdrs") == []


def test_the_evse_is_charging_meanwhile(connected: Connected) -> None:
    location = connected.hub.admin.objects("locations")[0]
    connected.start(location)
    connected.come("/sessions", 2)
    during = connected.hub.admin.objects("locations")[0]
    connected.stop(connected.hub.admin.sessions()[0]["session"]["id"])
    connected.hub.admin.wait_idle(5)
    after = connected.hub.admin.objects("locations")[0]
    assert [v["evses"][0]["status"] for v in (location, during, after)] == [
        "AVAILABLE",
        "CHARGING",
        "AVAILABLE",
    ]
    assert location["last_updated"] < during["last_updated"] < after["last_updated"]


def test_steps_are_rounded_up_and_gst_comes_on_top() -> None:
    components = [
        {"type": "ENERGY", "price": 20, "vat": 18, "step_size": 500},
        {"type": "PARKING_TIME", "price": "60", "vat": 18, "step_size": 60},
        {"type": "FLAT", "price": 10, "step_size": 1},
    ]
    found = costs(
        {"elements": [{"price_components": components}]}, Use(Decimal("1.001"), Decimal(1), Decimal(61))
    )
    assert found["ENERGY"].price() == {"excl_vat": 30.0, "incl_vat": 35.4}
    assert found["PARKING_TIME"].price() == {"excl_vat": 2.0, "incl_vat": 2.36}
    assert found["FLAT"].price() == {"excl_vat": 10.0}
    assert found["TOTAL"].price() == {"excl_vat": 42.0, "incl_vat": 47.76}


def test_progress_can_come_as_patches_and_what_we_do_not_know_is_then_put(connected: Connected) -> None:
    connected.hub.admin.change_settings(charging={"patch_updates": True})
    location = connected.hub.admin.objects("locations")[0]
    connected.start(location)
    before = len(connected.come("/sessions", 4))
    connected.emsp.answers["/sessions"] = [(404, 2003)]
    connected.come("/sessions", before + 3)
    connected.stop(connected.hub.admin.sessions()[0]["session"]["id"])
    connected.hub.admin.wait_idle(5)
    methods = [method for method, path, _, _ in connected.emsp.received if path.startswith("/sessions")]
    assert methods.count("PATCH") >= 3
    assert methods.count("PUT") == 4  # PENDING, ACTIVE, the one after the 404, COMPLETED
    patches = [body for method, _, body, _ in connected.emsp.received if method == "PATCH"]
    assert all(len(body["charging_periods"]) == 1 and "id" not in body for body in patches)
    assert connected.hub.admin.dead_letters() == []
