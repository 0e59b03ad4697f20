"""One measurement, in a process of its own: `python -m tests.benchmarks.catalogue.work '{"task": ...,
...}'`.
"""

import json
import os
import random
import re
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import urllib3
from botocore.config import Config

from emsp.catalogue.find_locations import FindLocations
from emsp.catalogue.freshness import Freshness, LastPull
from emsp.catalogue.hub_list import HubList, KeptAsRejected
from emsp.catalogue.pull import CataloguePull
from emsp.catalogue.pull_locations import LOCATIONS
from emsp.catalogue.pull_parts import PullOptions
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection, HubEndpoint
from emsp.hub.quota import SharedQuota
from emsp.ocpi.deviations import deviations
from emsp.ocpi.headers import Headers, TokenEncoding
from emsp.ocpi.json_text import dump_json, parse_json
from emsp.ocpi.list_text import split_list
from emsp.ocpi.locations import Location
from emsp.ocpi.paging_headers import next_link
from emsp.ocpi.parties import PartyId
from emsp.stores.aws import BULK_CONFIG, BULK_REQUESTS_AT_ONCE
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import LocationsTable
from emsp.stores.pull_records import PullMode
from emsp.stores.pull_runs import PullRuns, last_pull_began
from emsp.stores.quota import QuotaStore
from emsp.stores.rejected import RejectedStore
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies
from emsp.stores.tariffs import TariffsTable


@dataclass
class Place:
    """Where the Hub and the local cloud are."""

    hub_url: str
    token: str
    endpoint_url: str

    def aws(self, service: str, config: Config = BULK_CONFIG) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]

    @property
    def list_url(self) -> str:
        return f"{self.hub_url}/ocpi/2.2.1/locations"


def peak_mb() -> float:
    """The largest resident size of this process. (getrusage would count that of the process it was forked
    from.)
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def processors() -> int:
    return len(os.sched_getaffinity(0))


def baseline(place: Place, page: int) -> dict[str, Any]:
    """Only download the pages and parse them."""
    pool = urllib3.PoolManager()
    headers = {"Authorization": f"Token {place.token}"}
    url: str | None = f"{place.list_url}?offset=0&limit={page}"
    started, count = time.monotonic(), 0
    while url:
        answer = pool.request("GET", url, headers=headers)
        count += len(json.loads(answer.data)["data"])
        url = next_link(Headers(dict(answer.headers)))
    return {"seconds": time.monotonic() - started, "objects": count}


def naive(place: Place, page: int) -> dict[str, Any]:
    """Validate every object and put it, one after the other."""
    dynamodb = place.aws("dynamodb")
    pool = urllib3.PoolManager()
    url: str | None = f"{place.list_url}?offset=0&limit={page}"
    started, count = time.monotonic(), 0
    while url:
        answer = pool.request("GET", url, headers={"Authorization": f"Token {place.token}"})
        value: Any = parse_json(answer.data)
        for each in value["data"]:
            deviations(Location, each)
            key = f"{each['country_code']}#{each['party_id']}#{each['id']}"
            body = dump_json(each)
            dynamodb.put_item(TableName="locations", Item={"object_key": {"S": key}, "body": {"S": body}})
            count += 1
        url = next_link(Headers(dict(answer.headers)))
    return {"seconds": time.monotonic() - started, "objects": count}


def pull(place: Place, page: int, quota: int = 0) -> dict[str, Any]:
    """A full pull, as the function does it."""
    dynamodb, s3 = place.aws("dynamodb"), place.aws("s3")
    written: Counter[str] = Counter()

    def count(params: Any, model: Any, **_: Any) -> None:
        if model.name in ("PutItem", "UpdateItem", "BatchWriteItem"):
            body = json.loads(params["body"])
            if model.name == "BatchWriteItem":
                written["locations"] += len(body["RequestItems"]["locations"])
            else:
                written[body["TableName"]] += 1

    dynamodb.meta.events.register("before-call.*", count)
    endpoints = (HubEndpoint("locations", "SENDER", place.list_url),)
    connection = HubConnection(
        f"{place.hub_url}/ocpi/versions", place.token, TokenEncoding.PLAIN, endpoints, allow_http=True
    )
    shared = SharedQuota(QuotaStore(dynamodb, "control"), {"lists": quota}) if quota else None
    client = HubClient(connection, PartyId("IN", "EMS"), shared)
    started = time.monotonic()
    listed: list[float] = []

    class Listed(HubList):
        def get(self, url: str) -> Any:
            page = super().get(url)
            listed.append(time.monotonic())
            return page

    with ThreadPoolExecutor(BULK_REQUESTS_AT_ONCE) as pool:
        use_case = CataloguePull(
            module=LOCATIONS,
            source=Listed(client, "locations", Deadline.after(900.0), 60.0),
            table=LocationsTable(dynamodb, "locations", LargeBodies("bodies", lambda: s3), pool=pool),
            runs=PullRuns(
                dynamodb,
                "control",
                "locations",
                owner=str(uuid4()),
                lease=timedelta(seconds=180),
                now=lambda: datetime.now(UTC),
            ),
            snapshots=Snapshots(s3, "snapshots", "locations"),
            rejected=KeptAsRejected(RejectedStore(lambda: s3, "rejected"), "locations"),
            deadline=Deadline.after(900.0),
            options=PullOptions(page_limit=page),
        )
        outcome = use_case.pull(PullMode.FULL)
    assert outcome.state == "COMPLETED"
    assert outcome.run is not None
    return {
        "seconds": time.monotonic() - started,
        "listing_seconds": listed[-1] - started,
        "pages": outcome.run.counts["pages"],
        "counts": dict(outcome.run.counts),
        "objects_written": written["locations"],
        "bookkeeping": written["control"],
    }


def near(place: Place, searches: int) -> dict[str, Any]:
    """Search around random locations, and read random ones, in turns."""
    config = Config(max_pool_connections=20, parameter_validation=False)
    dynamodb, s3 = place.aws("dynamodb", config), place.aws("s3", config)
    bodies = LargeBodies("bodies", lambda: s3)
    locations = LocationsTable(dynamodb, "locations", bodies)
    objects = []
    answer = urllib3.request(
        "GET", f"{place.list_url}?limit=500", headers={"Authorization": f"Token {place.token}"}
    )
    objects = [json.loads(each.text) for each in split_list(answer.data).objects or ()]
    chosen = random.Random(1)
    took: dict[str, list[float]] = {"near": [], "get": []}
    read: dict[str, list[int]] = {"cells": [], "summaries": [], "locations": []}
    with ThreadPoolExecutor(8) as pool:
        find = FindLocations(
            locations,
            TariffsTable(dynamodb, "tariffs", bodies),
            EvseIndex(lambda: Snapshots(s3, "snapshots", "locations")),
            Freshness(
                locations,
                LastPull(lambda: last_pull_began(dynamodb, "control", "locations")),
                _no_hub,
                pool,
            ),
            lambda locations, question: None,
            pool,
        )
        for number in range(searches + 5):
            at = chosen.choice(objects)
            point = (float(at["coordinates"]["latitude"]), float(at["coordinates"]["longitude"]))
            asked: Any = {"latitude": point[0], "longitude": point[1], "radius_m": 10_000}
            started = time.perf_counter()
            found: Any = find(asked)
            between = time.perf_counter()
            stored = locations.read(f"{at['country_code']}#{at['party_id']}#{at['id']}".upper())
            ended = time.perf_counter()
            assert stored is not None
            assert found["locations"][0]["distance_m"] == 0
            if number >= 5:
                took["near"].append(between - started)
                took["get"].append(ended - between)
                for name, values in read.items():
                    values.append(found["read"][name])
    return {
        "seconds": sum(took["near"]),
        **{f"{name}_p50_ms": statistics.median(times) * 1000 for name, times in took.items()},
        **{f"{name}_p95_ms": statistics.quantiles(times, n=20)[18] * 1000 for name, times in took.items()},
        **{name: statistics.mean(values) for name, values in read.items()},
    }


def _no_hub() -> HubClient:
    raise AssertionError("a search among what is known asks no Hub")


def empty(place: Place) -> dict[str, Any]:
    """Take everything out of the tables."""
    dynamodb = place.aws("dynamodb")
    for table, key in (("locations", "object_key"), ("control", "control_key")):
        for found in dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression=key):
            for at in range(0, len(found["Items"]), 25):
                deletes = [{"DeleteRequest": {"Key": item}} for item in found["Items"][at : at + 25]]
                dynamodb.batch_write_item(RequestItems={table: deletes})
    return {"seconds": 0.0}


def main() -> None:
    request = json.loads(sys.argv[1])
    task = {"baseline": baseline, "naive": naive, "pull": pull, "near": near, "empty": empty}[
        request.pop("task")
    ]
    cpu = time.process_time()
    found = task(Place(**request.pop("place")), **request)  # type: ignore[operator]
    found["cpu_seconds"] = time.process_time() - cpu
    found["peak_mb"] = peak_mb()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
