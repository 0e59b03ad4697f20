"""Searches near a point, compared with looking at every location."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from emsp.catalogue.connector_groups import connector_groups_of, power_w
from emsp.catalogue.find_locations import FindLocations, NearQuery, UnknownLocation
from emsp.catalogue.find_locations_request import FindLocationsRequest
from emsp.catalogue.freshness import Freshness, LastPull
from emsp.catalogue.pull_locations import LOCATIONS
from emsp.deadline import Deadline
from emsp.distance import distance_m
from emsp.invocation import InvalidInvocation, answer, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import LocationsTable
from emsp.stores.pull_runs import last_pull_began
from emsp.stores.tariffs import TariffsTable
from tests.integration.catalogue.house import CatalogueHouse
from tests.schemas.validate import validate_answer


class Held(FindLocations):
    """Whose answers are held to their schema."""

    def __call__(self, payload: Mapping[str, JsonValue], deadline: Deadline | None = None) -> JsonObject:
        found = super().__call__(payload, deadline)
        validate_answer("find_locations", answer(found))
        return found


def finder(house: CatalogueHouse) -> Any:
    locations, tariffs = house.table, house.of_tariffs().table
    assert isinstance(locations, LocationsTable)
    assert isinstance(tariffs, TariffsTable)
    return Held(
        locations,
        tariffs,
        EvseIndex(lambda: house.snapshots, clock=lambda: 0.0),
        Freshness(
            locations,
            LastPull(lambda: last_pull_began(house.dynamodb, "control", "locations")),
            lambda: house.client,
            now=house.now,
        ),
        lambda locations, question: None,
    )


def expected(house: CatalogueHouse, query: NearQuery) -> list[str]:
    """The ids near the point, by looking at every location that the Hub serves."""
    near = []
    for text in house.served().values():
        location = json.loads(text)
        point = location["coordinates"]
        away = distance_m(
            query.latitude, query.longitude, float(point["latitude"]), float(point["longitude"])
        )
        fits = any(
            evse["status"] != "REMOVED"
            and (not query.statuses or evse["status"] in query.statuses)
            and (not query.standards or connector["standard"] in query.standards)
            and int(connector["max_electric_power"]) >= query.min_power_w
            for evse in location["evses"]
            for connector in evse["connectors"]
        )
        if away <= query.radius_m and fits and location["publish"] in (True, "true"):
            near.append((away, f"{location['party_id']} {location['id']}"))
    return [name for _, name in sorted(near)]


def ids(answer: Any) -> list[str]:
    return [f"{each['object']['party_id']} {each['object']['id']}" for each in answer["locations"]]


def test_searches_find_what_looking_at_every_location_finds(house: CatalogueHouse) -> None:
    house.pull()
    find, chosen = finder(house), random.Random(3)
    points = [json.loads(text)["coordinates"] for text in house.served().values()]
    found = 0
    for _ in range(30):
        at = chosen.choice(points)
        asked: dict[str, Any] = {
            "latitude": float(at["latitude"]) + chosen.uniform(-0.1, 0.1),
            "longitude": float(at["longitude"]) + chosen.uniform(-0.1, 0.1),
            "radius_m": chosen.choice([500, 5_000, 20_000, 50_000]),
            "standards": chosen.choice([[], ["IEC_62196_T2_COMBO"], ["IEC_62196_T2"]]),
            "min_power_w": chosen.choice([0, 20_000, 60_000]),
            "statuses": chosen.choice([[], ["AVAILABLE"], ["CHARGING"]]),
        }
        answer: Any = find(asked)
        query = NearQuery.of(FindLocationsRequest(**asked))
        assert ids(answer) == expected(house, query)
        assert answer["found"] == len(ids(answer))
        distances = [each["distance_m"] for each in answer["locations"]]
        assert distances == sorted(distances)
        found += len(distances)
    assert found > 15


def test_a_status_that_changes_is_found_after_the_next_delta(house: CatalogueHouse) -> None:
    house.pull()
    location = json.loads(min(house.served().values()))
    point: Any = {name: float(location["coordinates"][name]) for name in ("latitude", "longitude")}
    for evse in location["evses"]:
        evse["status"] = "REMOVED"
    key = (location["country_code"], location["party_id"], location["id"])
    house.hub.admin.put_object("locations", *key, body=location)
    house.pull()
    assert location["id"] not in [each.split(" ")[1] for each in ids(finder(house)({**point, "radius_m": 1}))]


def test_only_the_nearest_are_read_whole(house: CatalogueHouse) -> None:
    house.pull()
    points = [json.loads(text)["coordinates"] for text in house.served().values()]
    around: list[Any] = [{name: float(degrees) for name, degrees in point.items()} for point in points]
    answers: list[Any] = [finder(house)({**point, "radius_m": 50000, "limit": 2}) for point in around[:8]]
    answer = max(answers, key=lambda each: each["found"])
    assert answer["found"] > 2
    assert len(answer["locations"]) == answer["read"]["locations"] == 2


def test_what_is_not_published_is_shown_only_on_demand(house: CatalogueHouse) -> None:
    hidden = {
        "country_code": "IN",
        "party_id": "XYZ",
        "id": "HIDDEN",
        "publish": False,
        "coordinates": {"latitude": "1.0", "longitude": "1.0"},
        "evses": [{"uid": "1", "status": "AVAILABLE", "connectors": [{"id": "1", "standard": "CHADEMO"}]}],
        "last_updated": "2026-01-01T00:00:00Z",
    }
    house.hub.admin.put_object("locations", "IN", "XYZ", "HIDDEN", body=hidden)
    house.pull()
    point: Any = {"latitude": 1.0, "longitude": 1.0}
    assert ids(finder(house)(point)) == []
    assert ids(finder(house)({**point, "include_unpublished": True})) == ["XYZ HIDDEN"]


def location_in_numbers() -> dict[str, Any]:
    """Ids as numbers, enums in another case: what they mean is unmistakable."""
    connector = {
        "id": 1,
        "standard": "iec_60309_2_SINGLE_16",
        "power_type": "ac_3_phase",
        "max_voltage": "230",
        "max_amperage": 16.0,
        "tariff_ids": [77],
    }
    return {
        "country_code": "IN",
        "party_id": "XYZ",
        "id": 4711,
        "publish": True,
        "coordinates": {"latitude": 1.0, "longitude": 1.0},
        "evses": [{"uid": 815, "evse_id": 9000, "status": "available", "connectors": [connector]}],
        "last_updated": "2026-01-01T00:00:00Z",
    }


def test_a_location_in_numbers_is_found_in_every_way(house: CatalogueHouse) -> None:
    house.hub.admin.put_object("locations", "IN", "XYZ", "4711", body=location_in_numbers())
    tariff = {
        "country_code": "IN",
        "party_id": "XYZ",
        "id": 77,
        "currency": "INR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": 1, "step_size": 1}]}],
        "last_updated": "2026-01-01T00:00:00Z",
    }
    house.hub.admin.put_object("tariffs", "IN", "XYZ", "77", body=tariff)
    house.pull()
    house.of_tariffs().pull()
    find: Any = finder(house)
    point = {"latitude": 1.0, "longitude": 1.0}
    for wanted in (
        {},
        {"statuses": ["AVAILABLE"]},
        {"standards": ["IEC_60309_2_single_16"]},
        {"min_power_w": 11_040},
    ):
        assert ids(find({**point, **wanted})) == ["XYZ 4711"], wanted
    assert ids(find({**point, "min_power_w": 11_041})) == []
    asked = {"country_code": "IN", "party_id": "XYZ"}
    assert ids(find({"location": {**asked, "id": "4711"}})) == ["XYZ 4711"]
    for evse in ("815", "9000"):
        assert ids(find({"evse": evse})) == ["XYZ 4711"]
    for evse_uid in ("815", None):
        told = find(
            {"connector": {**asked, "location_id": "4711", "evse_uid": evse_uid, "connector_id": "1"}}
        )
        assert [each["object"]["id"] for each in told["tariffs"]] == [77]


def test_what_vanished_is_found_no_more(house: CatalogueHouse) -> None:
    house.pull()
    location = json.loads(min(house.served().values()))
    key = (location["country_code"], location["party_id"], location["id"])
    asked = dict(zip(("country_code", "party_id", "id"), key, strict=True))
    find: Any = finder(house)
    [found] = find({"location": asked})["locations"]
    assert found["object"] == location
    house.hub.admin.delete_object("locations", *key)
    house.pull()
    with pytest.raises(UnknownLocation):
        find({"location": asked})
    assert finder(house)({"evse": location["evses"][0]["uid"]}) == {"locations": [], "found": 0}


def test_an_evse_uid_of_two_cpos_finds_both(house: CatalogueHouse) -> None:
    for party in ("XYZ", "QRS"):
        body = {
            "country_code": "IN",
            "party_id": party,
            "id": "1",
            "evses": [{"uid": "Same-1", "evse_id": f"IN*{party}*E1"}],
            "last_updated": "2026-01-01T00:00:00Z",
        }
        house.hub.admin.put_object("locations", "IN", party, "1", body=body)
    house.pull()
    assert sorted(ids(finder(house)({"evse": "same-1"}))) == ["QRS 1", "XYZ 1"]
    assert ids(finder(house)({"evse": "in*qrs*e1"})) == ["QRS 1"]
    assert ids(finder(house)({"evse": "ame-1"})) == []


WHERE = {"country_code": "IN", "party_id": "ABC"}


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({}, "give one of: latitude and longitude, evse, location, connector"),
        ({"radius_m": 5}, "give one of: latitude and longitude, evse, location, connector"),
        ({"latitude": 91, "longitude": 0}, "latitude must be at most 90"),
        ({"latitude": 12}, "longitude is missing"),
        ({"longitude": 12}, "latitude is missing"),
        ({"latitude": "12", "longitude": 0}, "latitude must be a number"),
        ({"latitude": True, "longitude": 0}, "latitude must be a number"),
        ({"latitude": float("nan"), "longitude": 0}, "latitude must be a finite number"),
        ({"latitude": 12, "longitude": 0, "radius_m": 50001}, "radius_m must be at most 50000"),
        ({"latitude": 89.99, "longitude": 0, "radius_m": 50000}, "too large so near to a pole"),
        ({"latitude": 12, "longitude": 0, "standards": "CHADEMO"}, "standards must be a list"),
        ({"latitude": 12, "longitude": 0, "standards": ["CCS2"]}, "standards.0 can't be 'CCS2'.*T2_COMBO"),
        ({"latitude": 12, "longitude": 0, "statuses": ["FREE"]}, "statuses.0 can't be 'FREE'.*AVAILABLE"),
        ({"latitude": 12, "longitude": 0, "statuses": [None]}, "statuses.0 can't be 'None'"),
        ({"latitude": 12, "longitude": 0, "standart": ["CHADEMO"]}, "unknown field 'standart': known are"),
        ({"latitude": 12, "longitude": 0, "limit": 0}, "limit must be at least 1"),
        ({"latitude": 12, "longitude": 0, "limit": 6, "fresh": True}, "limit must be at most 5 if fresh"),
        ({"latitude": 12, "longitude": 0, "include_unpublished": "yes"}, "must be true or false"),
        ({"evse": ""}, "evse must not be empty"),
        ({"evse": 7}, "evse must be a string"),
        ({"evse": "1", "latitude": 12}, "give one of"),
        (
            {"evse": "1", "statuses": ["AVAILABLE"]},
            "statuses needs latitude and longitude, not evse",
        ),
        ({"evse": "1", "fresh": "true"}, "fresh must be true or false"),
        ({"evse": "1", "max_wait_s": -1}, "max_wait_s must be at least 0"),
        ({"location": "LOC-1"}, "location must be an object"),
        ({"location": None}, "give one of"),
        ({"location": {"country_code": "IN"}}, "location.party_id is missing; location.id is missing"),
        ({"location": {**WHERE, "id": "1", "evse": "2"}}, "unknown field 'location.evse'"),
        ({"connector": {**WHERE, "location_id": "1"}}, "connector.connector_id is missing"),
    ],
)
def test_a_question_that_can_not_be_understood_says_so(
    house: CatalogueHouse, payload: Any, told: str
) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        finder(house)(payload)


@pytest.mark.parametrize("word", ["IEC_60309_2_single_16", "iec_60309_2_SINGLE_16"])
def test_words_are_compared_without_case(house: CatalogueHouse, word: str) -> None:
    body = {
        **WHERE,
        "id": 4711,
        "publish": True,
        "coordinates": {"latitude": "1.0", "longitude": "1.0"},
        "evses": [
            {"uid": 7, "status": "available", "connectors": [{"id": 1, "standard": "IEC_60309_2_single_16"}]}
        ],
        "last_updated": "2026-01-01T00:00:00Z",
    }
    house.hub.admin.put_object("locations", "IN", "ABC", "4711", body=body)
    house.pull()
    find: Any = finder(house)
    asked: Any = {"latitude": 1.0, "longitude": 1.0, "standards": [word], "statuses": ["Available"]}
    assert ids(find(asked)) == ["ABC 4711"], "an id that is a number serves as its text"
    assert ids(find({"evse": "7"})) == ["ABC 4711"]
    connector = {**WHERE, "location_id": "4711", "evse_uid": "7", "connector_id": "1"}
    assert find({"connector": connector})["tariffs"] == []


def test_every_answer_has_one_shape(house: CatalogueHouse) -> None:
    house.pull()
    location = json.loads(min(house.served().values()))
    who = {name: location[name] for name in ("country_code", "party_id")}
    evse = location["evses"][0]
    connector = {"location_id": location["id"], "connector_id": evse["connectors"][0]["id"]}
    point = {name: float(degrees) for name, degrees in location["coordinates"].items()}
    questions: list[Any] = [
        {"location": {**who, "id": location["id"]}},
        {"evse": evse["uid"]},
        {"connector": {**who, **connector}},
        {**point, "radius_m": 1},
    ]
    for question in questions:
        answer: Any = finder(house)(question)
        assert answer["found"] >= 1
        [found, *_] = answer["locations"]
        assert found.keys() >= {"object", "received_at", "deviations", "as_of", "fresh"}
        assert found["object"]["id"] == location["id"]


@pytest.mark.parametrize(
    ("connector", "watts"),
    [
        ({"max_electric_power": 60000, "max_voltage": 1, "max_amperage": 1}, 60000),
        ({"max_electric_power": "7400"}, 7400),
        ({"max_voltage": 230, "max_amperage": 32, "power_type": "AC_3_PHASE"}, 22080),
        ({"max_voltage": 230, "max_amperage": 32, "power_type": "AC_1_PHASE"}, 7360),
        ({"max_voltage": 230}, None),
        ({"max_electric_power": "much"}, None),
        ({"max_electric_power": "1e999"}, None),
    ],
)
def test_power_is_told_or_reckoned(connector: Any, watts: int | None) -> None:
    assert power_w(connector) == watts


@pytest.mark.parametrize(
    "odd", [{}, {"evses": None}, {"evses": {"a": 1}}, {"evses": [1, None, {"connectors": "x"}]}]
)
def test_odd_locations_have_no_plugs_and_no_place(odd: Any) -> None:
    assert connector_groups_of(odd) == []
    coordinates: Any
    for coordinates in (None, {}, {"latitude": "x", "longitude": "1"}, {"latitude": "nan", "longitude": "1"}):
        assert LOCATIONS.attributes("IN#ABC#1", {**odd, "coordinates": coordinates}) == {}
        assert LOCATIONS.feature({**odd, "coordinates": coordinates}) is None


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("MCS", {"MCS"}),
        ("nacs", {"NACS", "SAE_J3400"}),
        ("SAE_J3400", {"NACS", "SAE_J3400"}),
        ("CHADEMO", {"CHADEMO"}),
    ],
)
def test_standards_that_came_after_ocpi_221_can_be_asked_for(asked: str, fits: set[str]) -> None:
    payload: Any = {"latitude": 1.0, "longitude": 1.0, "standards": [asked]}
    query = NearQuery.of(read_payload(FindLocationsRequest, payload))
    assert query.standards == fits
