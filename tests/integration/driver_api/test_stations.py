"""Stations as an app sees them: near a point, by what can be plugged in, with a price, and in full."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from emsp.ocpi.parties import object_key
from emsp.stores import aws
from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
from tests.integration.driver_api.phone import Phone
from tests.integration.driver_api.test_charges import BODIES

WIDE = {"radius_m": 50_000}


def near(phone: Phone, location: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    place = location["coordinates"]
    point = {"latitude": place["latitude"], "longitude": place["longitude"]}
    answer = phone("GET", "/stations", query={**point, **WIDE, **query})
    assert answer.status == 200, answer.text
    stations: list[dict[str, Any]] = answer.json["stations"]
    return stations


def plugs(stations: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (evse["status"], each["standard"], each["power_type"], each["max_power_w"] or 0)
        for station in stations
        for evse in station["evses"]
        for each in evse["connectors"]
    ]


def test_the_nearest_comes_first_and_every_filter_filters(phone: Phone, pulled: list[dict[str, Any]]) -> None:
    here = pulled[0]
    every = near(phone, here)
    assert every[0]["location_id"] == here["id"]
    assert [each["distance_m"] for each in every] == sorted(each["distance_m"] for each in every)
    for power_type in ("DC", "AC"):
        found = near(phone, here, power_type=power_type)
        assert {each["location_id"] for each in found} == {
            each["location_id"]
            for each in every
            if any(plug[2].startswith(power_type) for plug in plugs([each]))
        }
        first = near(phone, here, power_type=power_type, limit=1)
        assert first == found[:1], "a page is full of what fits"
    fitting = near(phone, here, power_type="DC", available="true", min_power_w=50_000)
    for station in fitting:
        assert any(
            status == "AVAILABLE" and kind == "DC" and power >= 50_000
            for status, _, kind, power in plugs([station])
        )
    one = plugs(every)[0][1]
    assert {each["location_id"] for each in near(phone, here, standard=one)} == {
        each["location_id"] for each in every if one in [plug[1] for plug in plugs([each])]
    }


def test_pages_follow_each_other(phone: Phone, pulled: list[dict[str, Any]]) -> None:
    whole = [each["location_id"] for each in near(phone, pulled[0])]
    place = pulled[0]["coordinates"]
    asked = {"latitude": place["latitude"], "longitude": place["longitude"], **WIDE, "limit": 2}
    found: list[str] = []
    while True:
        page = phone("GET", "/stations", query=asked).json
        found += [each["location_id"] for each in page["stations"]]
        if page["next"] is None:
            break
        asked["next"] = page["next"]
    assert found == whole


def test_a_connector_has_the_price_that_an_estimate_has(phone: Phone, pulled: list[dict[str, Any]]) -> None:
    [station, *_] = near(phone, pulled[0], energy_kwh=20)
    evse = station["evses"][0]
    connector = evse["connectors"][0]
    assert connector["price"]["currency"] == "INR"
    answer = phone(
        "POST",
        "/estimates",
        {
            "station": {name: station[name] for name in ("country_code", "party_id", "location_id")},
            "evse_uid": evse["uid"],
            "connector_id": connector["id"],
            "energy_kwh": 20,
        },
    )
    assert answer.json == connector["price"]
    assert all(
        each["price"] is None
        for other in near(phone, pulled[0])
        for point in other["evses"]
        for each in point["connectors"]
    ), "no price where no charge was named"


def test_a_station_in_full_as_the_catalogue_or_the_hub_has_it(
    phone: Phone, pulled: list[dict[str, Any]]
) -> None:
    here = pulled[0]
    path = f"/stations/{here['country_code']}/{here['party_id']}/{here['id']}"
    known = phone("GET", path).json
    assert (known["fresh"], known["location"]["id"]) == (False, here["id"])
    fresh = phone("GET", f"{path}?fresh=true").json
    assert fresh["fresh"]
    assert phone("GET", "/stations/IN/ABC/NOWHERE").problem == "not-found"


def test_a_station_is_found_by_whatever_id_a_cpo_gave_it(phone: Phone) -> None:
    at = "2026-11-22T10:00:00Z"
    for location_id in ("L" * 300, "a/b//c/", "a#b", "a?b=c", "a%2Fb", "a b+c", "~`{}|^\"'<>\\", "..", "%"):
        value = {"country_code": "IN", "party_id": "CPO", "id": location_id, "evses": []}
        kept = CatalogueObject(object_key("IN", "CPO", location_id), json.dumps(value), at, "0", "0")
        CatalogueTable(aws.dynamodb_client(), "locations", BODIES).put_new([kept], at)
        answer = phone("GET", f"/stations/IN/CPO/{quote(location_id, safe='')}")
        assert (answer.status, answer.json.get("location_id")) == (200, location_id)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"latitude": "91", "longitude": "0"},
        {"latitude": "nan", "longitude": "0"},
        {"latitude": "0", "longitude": "0", "radius_m": "1e99"},
        {"latitude": "0", "longitude": "0", "standard": "NO_SUCH"},
        {"latitude": "0", "longitude": "0", "limit": "0"},
        {"latitude": "0", "longitude": "0", "next": "x"},
        {"latitude": "89.9999", "longitude": "0", "radius_m": "50000"},
    ],
)
def test_a_bad_question_is_refused(phone: Phone, query: dict[str, str]) -> None:
    answer = phone("GET", "/stations", query=query)
    assert (answer.status, answer.problem) == (400, "bad-request")
