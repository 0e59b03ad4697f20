"""estimate_price from end to end: tariffs and locations as pulls keep them, called as by Lambda."""

import json
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from emsp.stores.catalogue_table import CatalogueObject
from emsp.stores.tariff_versions import TariffVersions
from tests.integration.charges.test_check_cdr import bodies, keep_version, tariff
from tests.integration.house import REPOSITORY, House

CONNECTOR = {"country_code": "IN", "party_id": "CPO", "location_id": "LOC1", "connector_id": "1"}
WHEN = "2026-11-22T09:55:00Z"


def keep_location(house: House, *tariff_ids: str, **fields: Any) -> None:
    connector = {"id": "1", "max_electric_power": 50_000, "tariff_ids": list(tariff_ids)}
    value = {"evses": [{"uid": "EVSE1", "connectors": [connector]}], **fields}
    location = CatalogueObject("IN#CPO#LOC1", json.dumps(value), "2026", "0", "0")
    TariffVersions(house.dynamodb, "locations", bodies()).put_new([location], "2026")


def keep_others(house: House, value: dict[str, Any]) -> None:
    version = CatalogueObject(f"IN#CPO#{value['id']}", json.dumps(value), "2026", "0", "0")
    TariffVersions(house.dynamodb, "tariff_versions", bodies()).put_new([version], "2026-11-01")


def run(house: House, **payload: Any) -> Any:
    return json.loads(json.dumps(house.app("estimate_price").handler(payload, None)))


@pytest.fixture(autouse=True)
def at_a_connector(house: House) -> None:
    keep_location(house, "T1")
    keep_version(house, tariff(20), "2026-11-01T00:00:00.000000000Z")
    keep_version(house, tariff(30), "2026-11-23T00:00:00.000000000Z")


@pytest.mark.parametrize(
    "where",
    [
        {"connector": CONNECTOR},
        {"connector": {**CONNECTOR, "evse_uid": "evse1"}},
        {"tariff": {"country_code": "in", "party_id": "cpo", "id": "T1"}},
    ],
)
@pytest.mark.parametrize(("start", "cost"), [(WHEN, "250"), ("2026-11-24T00:00:00Z", "375")])
def test_the_tariff_in_force_at_the_start_prices_it(
    house: House, where: dict[str, Any], start: str, cost: str
) -> None:
    found = run(house, **where, start=start, energy_kwh=12.5)
    assert found["cost"]["excl_vat"] == cost
    assert found["currency"] == "INR"
    assert (found["charge"]["time_zone"], found["charge"]["start_date_time"]) == ("Asia/Kolkata", start)


def test_energy_is_reckoned_from_the_connectors_power(house: House) -> None:
    found = run(house, connector=CONNECTOR, start=WHEN, minutes=30)
    assert (found["charge"]["energy_kwh"], found["cost"]["excl_vat"]) == ("25", "500")


def test_local_time_is_the_locations(house: House) -> None:
    evening = tariff(99)
    evening["elements"][0]["restrictions"] = {"start_time": "15:00", "end_time": "16:00"}
    keep_version(house, evening, "2026-11-02T00:00:00.000000000Z")
    asked = {"connector": CONNECTOR, "start": WHEN, "energy_kwh": 12, "minutes": 60}
    assert run(house, **asked)["cost"]["excl_vat"] == "693", "15:25 to 16:00 is 7 of 12 parts"
    keep_location(house, "T1", time_zone="Asia/Dubai")
    assert run(house, **asked)["cost"]["excl_vat"] == "0"


def test_of_several_tariffs_those_for_roaming_make_a_range(house: House) -> None:
    keep_location(house, "T1", "T2", "T3", "T4")
    keep_others(house, tariff(22, id="T2", type="REGULAR"))
    keep_others(house, tariff(1, id="T3", type="PROFILE_GREEN"))
    keep_others(house, tariff(1, id="T4", end_date_time="2026-01-02T00:00:00Z"))
    found = run(house, connector=CONNECTOR, start=WHEN, energy_kwh=10)
    assert (found["least"]["excl_vat"], found["most"]["excl_vat"]) == ("200", "220")


def test_a_connector_without_a_tariff_has_no_price(house: House) -> None:
    keep_location(house)
    found = run(house, connector=CONNECTOR, energy_kwh=10)
    assert (found["cost"], found["findings"][0]["code"]) == (None, "NO_TARIFF")


@pytest.mark.parametrize("name", ["connector", "tariff"])
def test_each_sample_event_has_a_price(house: House, name: str) -> None:
    path = REPOSITORY / "events" / "estimate_price" / f"{name}.json"
    assert run(house, **json.loads(path.read_text(encoding="utf-8")))["cost"] is not None


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"energy_kwh": 5}, 'give either "connector" or "tariff"'),
        ({"connector": CONNECTOR}, "give energy_kwh, minutes or parking_minutes above 0"),
        ({"connector": CONNECTOR, "energy_kwh": 0}, "above 0"),
        ({"connector": CONNECTOR, "energy_kwh": -1}, "energy_kwh must be at least 0"),
        ({"connector": CONNECTOR, "energy_kwh": "5"}, "energy_kwh must be a number"),
        ({"connector": CONNECTOR, "energy_kwh": float("nan")}, "energy_kwh must be"),
        ({"connector": CONNECTOR, "minutes": 1e9}, "minutes must be at most 10080"),
        ({"connector": CONNECTOR, "energy_kwh": 5, "minutes": 0}, "minutes must be at least 1"),
        ({"connector": CONNECTOR, "energy_kwh": 5, "start": "soon"}, "start"),
        ({"connector": CONNECTOR, "energy_kwh": 5, "start": "9999-12-31T23:59:59Z"}, "start must be in"),
        ({"connector": CONNECTOR, "energy_kwh": 5, "language": "Hindi!"}, "language must match"),
        ({"connector": CONNECTOR, "energy_kwh": 5, "speed": 1}, "unknown field 'speed'"),
        ({"connector": {**CONNECTOR, "location_id": "X"}, "energy_kwh": 5}, "there is no location IN#CPO#X"),
        ({"connector": {**CONNECTOR, "connector_id": "9"}, "energy_kwh": 5}, "has no connector 9"),
        (
            {"tariff": {"country_code": "IN", "party_id": "CPO", "id": "X"}, "energy_kwh": 5},
            "no tariff IN#CPO#X",
        ),
        (
            {"tariff": {"country_code": "IN", "party_id": "CPO", "id": "T1"}, "minutes": 5},
            "energy_kwh is missing",
        ),
    ],
)
def test_what_can_not_be_priced_is_refused_with_what_is_wrong(
    house: House, payload: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        run(house, **payload)
