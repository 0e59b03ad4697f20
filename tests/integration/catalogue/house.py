"""The catalogue's tables and buckets on moto, a simulated Hub, and pulls between them, in this process."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3

from emsp.catalogue.hub_list import HubList, KeptAsRejected
from emsp.catalogue.module import CatalogueModule
from emsp.catalogue.pull import CataloguePull, PullOutcome
from emsp.catalogue.pull_locations import LOCATIONS
from emsp.catalogue.pull_parts import PullOptions
from emsp.catalogue.pull_tariffs import TARIFFS
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection, HubEndpoint
from emsp.ocpi.headers import TokenEncoding
from emsp.ocpi.parties import PartyId
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.locations import LocationsTable
from emsp.stores.pull_records import PullMode
from emsp.stores.pull_runs import PullRuns
from emsp.stores.rejected import RejectedStore
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies
from emsp.stores.tariffs import tariffs_with_versions
from tests.fresh_aws import fresh_aws
from tests.hub_simulator.admin_client import AdminClient
from tests.hub_simulator.simulator import HubSimulator
from tests.template.stores import create_tables

TABLES = ("locations", "tariffs", "tariff_versions", "control")
BUCKETS = ("snapshots", "rejected", "bodies")


def create_stores(dynamodb: Any, s3: Any) -> None:
    """Tables as the template has them, and buckets."""
    create_tables(dynamodb, *TABLES)
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})


def register(admin: AdminClient, url: str, initial_token: str) -> str:
    """Exchange credentials without an eMSP behind it; the Hub's token for us."""
    admin.change_settings(credentials={"verify_versions": False, "confirming_put_rotates": False})
    role = {"role": "EMSP", "party_id": "EMS", "country_code": "IN", "business_details": {"name": "Bijli"}}
    body = {"token": "ours-" + uuid4().hex, "url": "http://127.0.0.1:9/ocpi/versions", "roles": [role]}
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Token {initial_token}", "Content-Type": "application/json"}
    connection.request("POST", "/ocpi/2.2.1/credentials", json.dumps(body), headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert answer["status_code"] == 1000, answer
    return str(answer["data"]["token"])


def registered_with(hub: HubSimulator) -> HubClient:
    """A client that the Hub knows."""
    token = register(hub.admin, hub.url, hub.admin.invite())
    endpoints = tuple(
        HubEndpoint(each, "SENDER", f"{hub.url}/ocpi/2.2.1/{each}") for each in ("locations", "tariffs")
    )
    return HubClient(
        HubConnection(hub.versions_url, token, TokenEncoding.PLAIN, endpoints, allow_http=True),
        PartyId("IN", "EMS"),
        sleep=lambda _: None,
    )


@dataclass
class CatalogueHouse:
    """Our side. `ahead` moves our clock; `page_limit` None lets the Hub choose."""

    dynamodb: Any
    s3: Any
    client: HubClient
    hub: HubSimulator
    options: PullOptions = field(default_factory=lambda: PullOptions(page_limit=10))
    ahead: timedelta = timedelta()
    module: CatalogueModule = LOCATIONS

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @property
    def table(self) -> CatalogueTable:
        kind = LocationsTable if self.module is LOCATIONS else tariffs_with_versions("tariff_versions")
        return kind(self.dynamodb, self.module.name, LargeBodies("bodies", lambda: self.s3))

    def runs(self) -> PullRuns:
        lease = timedelta(seconds=180)
        return PullRuns(
            self.dynamodb, "control", self.module.name, owner=str(uuid4()), lease=lease, now=self.now
        )

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.s3, "snapshots", self.module.name)

    def source(self) -> HubList:
        return HubList(self.client, self.module.name, Deadline.after(900.0), 1.0)

    def use_case(self, **parts: Any) -> CataloguePull:
        made = CataloguePull(
            module=self.module,
            source=self.source(),
            table=self.table,
            runs=self.runs(),
            snapshots=self.snapshots,
            rejected=KeptAsRejected(RejectedStore(lambda: self.s3, "rejected"), self.module.name),
            deadline=Deadline.after(900.0),
            options=self.options,
            now=self.now,
        )
        return replace(made, **parts)

    def pull(self, mode: str = "full", **parts: Any) -> PullOutcome:
        return self.use_case(**parts).pull(PullMode(mode))

    def counts(self, mode: str = "full") -> dict[str, int]:
        outcome = self.pull(mode)
        assert outcome.state == "COMPLETED"
        assert outcome.run is not None
        return dict(outcome.run.counts)

    def items(self) -> dict[str, dict[str, Any]]:
        """The table, without the times at which we wrote, and with bodies in plain text."""
        found: dict[str, dict[str, Any]] = {}
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.module.name):
            for item in page["Items"]:
                kept = {
                    name: value for name, value in item.items() if name not in ("received_at", "expires_at")
                }
                if "body_gz" in kept:
                    kept["body"] = {"S": gzip.decompress(kept.pop("body_gz")["B"]).decode()}
                if "removed_at" in kept:
                    kept["removed_at"] = {"S": "then"}
                found[item["object_key"]["S"]] = kept
        return found

    def snapshot(self) -> tuple[list[Any], Any, bytes]:
        """The newest snapshot: objects, GeoJSON, index."""
        manifest = self.snapshots.latest()

        def content(name: str) -> bytes:
            return gzip.decompress(
                self.s3.get_object(Bucket="snapshots", Key=manifest.files[name].key)["Body"].read()
            )

        objects = [json.loads(line) for line in content("objects").splitlines()]
        return objects, json.loads(content("features")), content("index")

    def served(self) -> dict[str, str]:
        """What the Hub serves now, by key, as text."""
        objects = self.hub.admin.objects(self.module.name, limit=100_000)
        return {f"{o['country_code']}#{o['party_id']}#{o['id']}".upper(): json.dumps(o) for o in objects}

    def rejected(self) -> list[dict[str, Any]]:
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket="rejected").get("Contents", [])]
        return [json.loads(self.s3.get_object(Bucket="rejected", Key=key)["Body"].read()) for key in keys]

    def of_tariffs(self) -> "CatalogueHouse":
        return replace(self, module=TARIFFS)

    @contextmanager
    def counting_writes(self) -> Iterator[dict[str, int]]:
        """Counts the writing requests to DynamoDB and S3 by operation and table."""
        counted: dict[str, int] = {}

        def count(params: Any, model: Any, **_: Any) -> None:
            operation = model.name
            if operation.startswith(("Put", "Update", "BatchWrite", "Delete", "Copy")):
                body = params.get("body")
                table = (
                    json.loads(body).get("TableName", "")
                    if isinstance(body, bytes) and body[:1] == b"{"
                    else ""
                )
                name = f"{operation} {table}".strip()
                counted[name] = counted.get(name, 0) + 1

        clients = (self.dynamodb, self.s3)
        for client in clients:
            client.meta.events.register("before-call.*", count)
        try:
            yield counted
        finally:
            for client in clients:
                client.meta.events.unregister("before-call.*", count)


@cache
def _clients() -> tuple[Any, Any]:
    """Made once: making them takes longer than most tests. moto serves them while it is on."""
    return boto3.client("dynamodb"), boto3.client("s3")


@contextmanager
def catalogue_house(**hub_settings: Any) -> Iterator[CatalogueHouse]:
    """A house with a Hub of its own."""
    with fresh_aws(), HubSimulator(**{"limits": {"per_window": {"locations": 0}}, **hub_settings}) as hub:
        dynamodb, s3 = _clients()
        create_stores(dynamodb, s3)
        yield CatalogueHouse(dynamodb, s3, registered_with(hub), hub)
