"""Locations as the Hub has them now: asked for within the quota, stored as a pull would, and how old they
are.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emsp.hub.client import HubClient
from emsp.hub.errors import Delivery, NotRegistered, RateLimited
from emsp.hub.quota import SharedQuota
from tests.integration.catalogue.house import CatalogueHouse
from tests.integration.catalogue.test_find_locations import finder


@pytest.fixture
def location(house: CatalogueHouse) -> Iterator[dict[str, Any]]:
    """A pulled location whose first EVSE is available."""
    house.pull()
    for text in sorted(house.served().values()):
        found: dict[str, Any] = json.loads(text)
        if found["evses"][0]["status"] == "AVAILABLE" and found["publish"] is True:
            yield found
            return


def at(location: dict[str, Any]) -> dict[str, Any]:
    return {name: location[name] for name in ("country_code", "party_id", "id")}


def point(location: dict[str, Any]) -> dict[str, Any]:
    return {name: float(degrees) for name, degrees in location["coordinates"].items()}


def occupied(
    house: CatalogueHouse, location: dict[str, Any], last_updated: str = "2099-01-01T00:00:00Z"
) -> None:
    """The Hub hears that all its EVSEs are taken."""
    evses = [{**evse, "status": "CHARGING"} for evse in location["evses"]]
    body = {**location, "evses": evses, "last_updated": last_updated}
    house.hub.admin.put_object("locations", *at(location).values(), body=body)


def status(found: dict[str, Any]) -> str:
    return str(found["object"]["evses"][0]["status"])


def asking(house: CatalogueHouse, **parts: Any) -> Any:
    find = finder(house)
    return replace(find, freshness=replace(find.freshness, **parts))


def asked_for(house: CatalogueHouse) -> list[str]:
    """Single locations that the Hub was asked for."""
    paths = [request["path"] for request in house.hub.admin.requests(module="locations")]
    return [path for path in paths if path.count("/") == 6]


def test_what_is_known_is_as_old_as_the_last_pull_and_asks_no_hub(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    [before] = finder(house)({"location": at(location)})["locations"]
    house.ahead = timedelta(hours=1)
    house.pull("delta")
    occupied(house, location)
    [found] = finder(house)({"location": at(location)})["locations"]
    assert (status(found), found["fresh"]) == ("AVAILABLE", False)
    assert found["received_at"] == before["received_at"]
    assert found["as_of"] > before["as_of"], "a pull that found it unchanged makes it younger"
    assert "not_fresh_because" not in found
    assert asked_for(house) == []


@pytest.mark.parametrize("by", ["location", "evse", "connector", "near"])
def test_the_hub_is_asked_now_and_what_changed_is_stored(
    house: CatalogueHouse, location: dict[str, Any], by: str
) -> None:
    evse = location["evses"][0]
    where = {"country_code": location["country_code"], "party_id": location["party_id"]}
    connector = {"location_id": location["id"], "connector_id": evse["connectors"][0]["id"]}
    question: dict[str, Any] = {
        "location": {"location": at(location)},
        "evse": {"evse": evse["uid"]},
        "connector": {"connector": {**where, **connector}},
        "near": {**point(location), "radius_m": 1},
    }[by]
    occupied(house, location)
    house.ahead = timedelta(minutes=5)
    found = finder(house)({**question, "fresh": True})["locations"][0]
    assert (status(found), found["fresh"]) == ("CHARGING", True)
    assert found["as_of"] == found["received_at"]
    assert len(asked_for(house)) == 1
    [known] = finder(house)({"location": at(location)})["locations"]
    assert known["object"] == found["object"]
    near: Any = finder(house)({**point(location), "radius_m": 1, "statuses": ["AVAILABLE"]})
    assert near["locations"] == [], "what searches filter by is renewed too"


def test_an_unchanged_location_is_young_again_and_written_nowhere(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    house.ahead = timedelta(hours=2)
    with house.counting_writes() as writes:
        [found] = finder(house)({"location": at(location), "fresh": True})["locations"]
    assert found["fresh"] is True
    assert found["as_of"] > found["received_at"]
    assert writes == {}


def test_the_next_pull_takes_what_was_stored_in_between_into_its_snapshot(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    occupied(house, location)
    finder(house)({"location": at(location), "fresh": True})
    counts = house.counts("full")
    assert (counts["changed"], counts["unchanged"]) == (0, 40)
    [kept] = [each for each in house.snapshot()[0] if each["id"] == location["id"]]
    assert kept["evses"][0]["status"] == "CHARGING"
    assert house.counts("full")["unchanged"] == 40


def test_only_the_nearest_are_asked_for_and_those_that_no_longer_fit_are_left_out(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    asked: Any = {**point(location), "radius_m": 50_000, "statuses": ["AVAILABLE"]}
    known: Any = finder(house)({**asked, "limit": 5})
    occupied(house, location)
    fresh: Any = finder(house)({**asked, "fresh": True})
    assert len(asked_for(house)) == len(known["locations"]) <= 5
    assert fresh["found"] == known["found"]
    assert location["id"] in [each["object"]["id"] for each in known["locations"]]
    assert location["id"] not in [each["object"]["id"] for each in fresh["locations"]]
    assert all(each["fresh"] for each in fresh["locations"])


class UsedUp(SharedQuota):
    """A quota without a free place."""

    def __init__(self) -> None:
        pass

    def take(self, module: str, max_wait_s: float) -> None:
        raise RateLimited(
            f"our quota for {module} is used up: wait {max_wait_s} s",
            retry_after_s=9.0,
            delivery=Delivery.NEVER,
        )

    def hold(self, module: str, retry_after_s: float) -> float:
        return retry_after_s


def test_without_quota_it_answers_what_is_known_and_says_so(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    client = HubClient(house.client.connection, house.client.our_party, UsedUp(), sleep=lambda _: None)
    occupied(house, location)
    asked = {"location": at(location), "fresh": True, "max_wait_s": 3}
    [found] = asking(house, connect=lambda: client)(asked)["locations"]
    assert (status(found), found["fresh"]) == ("AVAILABLE", False)
    assert found["not_fresh_because"].startswith("RateLimited: our quota for lists is used up: wait 3.0 s")
    assert asked_for(house) == []


def test_before_register_it_answers_what_is_known_and_says_so(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    def connect() -> HubClient:
        raise NotRegistered("there are no credentials for the Hub yet")

    [found] = asking(house, connect=connect)({"location": at(location), "fresh": True})["locations"]
    assert found["not_fresh_because"] == "NotRegistered: there are no credentials for the Hub yet"


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "status", "status_code": 2003, "http_status": 404}, "NotFound: .*next full pull"),
        ({"kind": "status", "status_code": 3000, "http_status": 200}, "Unavailable|Refused"),
        ({"kind": "html"}, "Unavailable"),
        ({"kind": "body", "body": '{"status_code": 1000, "data": null}'}, "MalformedAnswer"),
        ({"kind": "body", "body": '{"status_code": 1000, "data": []}'}, "MalformedAnswer"),
        ({"kind": "body", "body": '{"status_code": 1000, "data": {"id": "L"}}'}, "MalformedAnswer"),
    ],
)
def test_what_the_hub_can_not_tell_leaves_what_is_known(
    house: CatalogueHouse, location: dict[str, Any], fault: dict[str, Any], why: str
) -> None:
    before = house.items()
    for _ in range(5):
        house.hub.admin.add_fault(module="locations", **fault)
    [found] = finder(house)({"location": at(location), "fresh": True})["locations"]
    assert found["fresh"] is False
    assert re.match(why, found["not_fresh_because"]), found["not_fresh_because"]
    assert house.items() == before


def test_an_object_that_can_not_be_ordered_is_not_stored(
    house: CatalogueHouse, location: dict[str, Any]
) -> None:
    before = house.items()
    data = json.dumps({"status_code": 1000, "data": {**location, "last_updated": "soon"}})
    house.hub.admin.add_fault("body", module="locations", body=data)
    [found] = finder(house)({"location": at(location), "fresh": True})["locations"]
    assert found["not_fresh_because"].startswith("BadObject: last_updated")
    assert house.items() == before


def test_an_older_state_is_not_stored(house: CatalogueHouse, location: dict[str, Any]) -> None:
    before = house.items()
    occupied(house, location, "2001-01-01T00:00:00Z")
    [found] = finder(house)({"location": at(location), "fresh": True})["locations"]
    assert (status(found), found["fresh"]) == ("AVAILABLE", False)
    assert "older" in found["not_fresh_because"]
    assert house.items() == before
