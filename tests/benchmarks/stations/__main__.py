"""PYTHONPATH=layers/emsp python -m tests.benchmarks.stations: what the API for drivers adds to a search.

Both functions run in this process, on the tables of a local cloud in another one, in a city of 5,000
stations. They take turns. What counts is the ratio of GET /stations to find_locations for 50 stations.
"""

import importlib.util
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Final

import boto3

from emsp.catalogue.pull_locations import LOCATIONS
from tests.integration.driver_api.phone import event
from tests.local_cloud import server
from tests.local_cloud.places import REPOSITORY
from tests.template.stores import create_tables, table_keys, variables

STATIONS: Final = 5000
CENTRE: Final = (12.97, 77.59)
SPREAD: Final = 0.09
"""Degrees: 10 km each way."""
SEARCHES: Final = 200


class Context:
    """A minute is left."""

    aws_request_id = "r-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def station(number: int, chosen: random.Random) -> dict[str, Any]:
    """With 3 EVSEs of 2 connectors."""
    connector = {
        "standard": "IEC_62196_T2_COMBO",
        "format": "CABLE",
        "power_type": "DC",
        "max_voltage": 500,
        "max_amperage": 120,
        "tariff_ids": [f"T{number % 50}"],
        "last_updated": "2026-11-01T00:00:00Z",
    }
    evses = [
        {
            "uid": f"E{number}-{evse}",
            "evse_id": f"IN*CPO*E{number}{evse}",
            "status": chosen.choice(["AVAILABLE", "CHARGING"]),
            "capabilities": ["REMOTE_START_STOP_CAPABLE"],
            "connectors": [{"id": str(each), **connector} for each in range(2)],
            "last_updated": "2026-11-01T00:00:00Z",
        }
        for evse in range(3)
    ]
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": f"L{number}",
        "publish": True,
        "name": f"Station {number}",
        "address": f"{number} MG Road",
        "city": "Bengaluru",
        "country": "IND",
        "time_zone": "Asia/Kolkata",
        "coordinates": {
            "latitude": f"{CENTRE[0] + chosen.uniform(-SPREAD, SPREAD):.6f}",
            "longitude": f"{CENTRE[1] + chosen.uniform(-SPREAD, SPREAD):.6f}",
        },
        "opening_times": {"twentyfourseven": True},
        "evses": evses,
        "last_updated": "2026-11-01T00:00:00Z",
    }


def main() -> None:
    cloud = server.start()
    try:
        os.environ |= {
            **variables(),
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "AWS_ACCESS_KEY_ID": server.ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": server.SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": server.REGION,
            "AWS_REGION": server.REGION,
            "OUR_COUNTRY_CODE": "IN",
            "OUR_PARTY_ID": "EMS",
            "OUR_BUSINESS_NAME": "Example eMSP",
            "PUBLIC_BASE_URL": "https://emsp.example.com",
            "DRIVER_API_URL": "https://drivers.example.com/v1",
            "HUB_SECRET_ID": "hub",
            "LOG_LEVEL": "ERROR",
        }
        create_tables(boto3.client("dynamodb"), *table_keys())
        fill()
        measure()
    finally:
        cloud.stop()


def fill() -> None:
    from emsp.stores.aws import dynamodb_client, s3_client  # they read the environment
    from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
    from emsp.stores.table import LargeBodies

    chosen, now = random.Random(1), datetime.now(UTC).isoformat()
    objects = []
    for number in range(STATIONS):
        value, key = station(number, chosen), f"IN#CPO#L{number}"
        text = json.dumps(value)
        attributes = LOCATIONS.attributes(key, value)
        objects.append(CatalogueObject(key, text, now, "0", "0", attributes=attributes))
    bodies = LargeBodies("bodies", s3_client)
    CatalogueTable(dynamodb_client(), os.environ["LOCATIONS_TABLE"], bodies).put_new(objects, now)


def measure() -> None:
    """Medians, in turns, of the call and of its answer's JSON, which Lambda's runtime writes of a dict."""
    find, api = loaded("find_locations"), loaded("driver_api")
    chosen = random.Random(2)
    took: dict[str, list[float]] = {"find_locations": [], "GET /stations": []}
    for _ in range(SEARCHES):
        latitude, longitude = (each + chosen.uniform(-SPREAD / 2, SPREAD / 2) for each in CENTRE)
        asked = {"latitude": latitude, "longitude": longitude, "radius_m": 5_000}
        found = timed(took["find_locations"], find.handler, asked)
        query = [*asked.items()]
        request = event("GET", "/stations", {"token_uid": "DRIVER-0001"}, query=query)
        answered = timed(took["GET /stations"], api.handler, request)
        stations = json.loads(answered["body"])["stations"]
        assert [each["location_id"] for each in stations] == [
            each["object"]["id"] for each in found["locations"]
        ]
        assert len(stations) == 50
    medians = {name: statistics.median(times) * 1000 for name, times in took.items()}
    for name, milliseconds in medians.items():
        print(f"{name}: {milliseconds:.1f} ms")
    print(f"ratio: {medians['GET /stations'] / medians['find_locations']:.2f}, at most 1.5")


def timed(times: list[float], handler: Callable[..., Any], asked: dict[str, Any]) -> Any:
    started = time.perf_counter()
    answer = handler(asked, Context())
    json.dumps(answer)
    times.append(time.perf_counter() - started)
    return answer


def loaded(name: str) -> ModuleType:
    path = REPOSITORY / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"{name}_app", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
