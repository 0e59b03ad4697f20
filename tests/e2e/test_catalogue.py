"""The catalogue on the local cloud: pulled, changed, searched, and told of on the bus."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.demo.event_tap import tap
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=30, seed=11) as simulator:
        yield simulator


def test_the_catalogue_from_the_hub_to_the_map(stack: Stack, hub: HubSimulator) -> None:
    with tap(stack) as bus:
        # Another test's Hub may have filled the tables, and its objects vanish now.
        pulled: Any = stack.invoke("pull_locations", {"mode": "full", "vanish_share": 1})
        assert (pulled["state"], pulled["counts"]["objects"]) == ("COMPLETED", 30)
        assert stack.invoke("pull_tariffs", {"mode": "full", "vanish_share": 1})["state"] == "COMPLETED"
        s3 = boto3.client("s3", **stack.client_settings)
        bucket = stack.outputs["SnapshotsBucketName"]
        manifest = json.loads(s3.get_object(Bucket=bucket, Key=pulled["snapshot"])["Body"].read())
        assert manifest["objects"] == 30
        assert all(s3.head_object(Bucket=bucket, Key=each["key"]) for each in manifest["files"].values())

        [(_, _, changed_id)] = hub.admin.mutate(count=1, mutation="status")
        delta: Any = stack.invoke("pull_locations", {"mode": "delta"})
        assert (delta["mode"], delta["counts"]["changed"]) == ("delta", 1)
        event = bus.wait_for("EVSE Statuses Changed", _spelt(hub, changed_id))
        [change] = event["detail"]["changes"]
        [status] = change["evse_statuses"]
        assert {status["from"], status["to"]} & {"AVAILABLE"}

        gone = hub.admin.objects("locations")[0]
        hub.admin.delete_object("locations", gone["country_code"], gone["party_id"], gone["id"])
        full: Any = stack.invoke("pull_locations", {"mode": "full"})
        assert (full["sweep"], full["counts"]["removed"]) == ("swept", 1)
        bus.wait_for("Location Removed", gone["id"])
    assert stack.invoke("pull_locations", {"mode": "status"})["runs"][0]["run_id"] == full["run_id"]


def test_searches(stack: Stack, hub: HubSimulator) -> None:
    stack.invoke("pull_locations", {"mode": "full", "vanish_share": 1})
    location = hub.admin.objects("locations")[3]
    point = {name: float(location["coordinates"][name]) for name in ("latitude", "longitude")}
    near: Any = stack.invoke("find_locations", {**point, "radius_m": 10000})
    assert near["locations"][0]["object"]["id"] == location["id"]
    evse = location["evses"][0]
    found: Any = stack.invoke("find_locations", {"evse": evse["uid"]})
    assert [each["object"]["id"] for each in found["locations"]] == [location["id"]]
    who = {"country_code": location["country_code"], "party_id": location["party_id"]}
    connector = {
        "location_id": location["id"],
        "evse_uid": evse["uid"],
        "connector_id": evse["connectors"][0]["id"],
    }
    taken = [{**evse, "status": "CHARGING"} for evse in location["evses"]]
    newer = {**location, "evses": taken, "last_updated": "2099-01-01T00:00:00Z"}
    hub.admin.put_object("locations", who["country_code"], who["party_id"], location["id"], body=newer)
    fresh: Any = stack.invoke("find_locations", {"evse": evse["uid"], "fresh": True})
    [now] = fresh["locations"]
    assert (now["fresh"], now["object"]["evses"][0]["status"]) == (True, "CHARGING"), now
    tariffs: Any = stack.invoke("find_locations", {"connector": {**who, **connector}})
    assert [each["object"]["id"] for each in tariffs["tariffs"]] == evse["connectors"][0]["tariff_ids"]


def _spelt(hub: HubSimulator, upper: str) -> str:
    return next(str(each["id"]) for each in hub.admin.objects("locations") if each["id"].upper() == upper)
