"""Reads what the application stored directly from its tables, as an operator would."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from emsp.stores.snapshots import Snapshots
from emsp.stores.table import BODY_ATTRIBUTES, LargeBodies, read_body
from tests.local_cloud.stack import Stack


@dataclass(frozen=True)
class Stored:
    """The tables of a stack. Objects are returned as the JSON that the Hub sent."""

    stack: Stack

    def sessions(self) -> list[dict[str, Any]]:
        return self._objects("sessions")

    def cdrs(self) -> list[dict[str, Any]]:
        return self._objects("cdrs")

    def checks(self) -> list[dict[str, Any]]:
        """The results of check_cdr for all checked CDRs."""
        dynamodb = boto3.client("dynamodb", **self.stack.client_settings)
        items = dynamodb.scan(TableName=self.stack.tables["cdrs"], ConsistentRead=True)["Items"]
        return [json.loads(gzip.decompress(item["check_gz"]["B"])) for item in items if "check_gz" in item]

    def locations(self) -> list[dict[str, Any]]:
        return self._objects("locations")

    def features(self) -> list[dict[str, Any]]:
        """The stations of the newest snapshot, as GeoJSON features."""
        s3 = boto3.client("s3", **self.stack.client_settings)
        bucket = self.stack.buckets["snapshots"]
        key = Snapshots(s3, bucket, "locations").latest().files["features"].key
        content = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        features: list[dict[str, Any]] = json.loads(content)["features"]
        return features

    def _objects(self, table: str) -> list[dict[str, Any]]:
        dynamodb = boto3.client("dynamodb", **self.stack.client_settings)
        large = LargeBodies(
            self.stack.buckets["large_bodies"], lambda: boto3.client("s3", **self.stack.client_settings)
        )
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.tables[table], ConsistentRead=True
        )
        items = [item for page in pages for item in page["Items"]]
        return [json.loads(read_body(item, large)) for item in items if item.keys() & BODY_ATTRIBUTES]


def wait_until[T](look: Callable[[], T | None], what: str, within_s: float = 30) -> T:
    """Call `look` until it returns something, and return that. Raises TimeoutError, which names `what`."""
    for found in polled(look, within_s):
        if found is not None:
            return found
    raise TimeoutError(f"{what} was not seen within {within_s:.0f} s")


def polled[T](look: Callable[[], T], within_s: float) -> Iterator[T]:
    """Yield the results of `look` repeatedly until the time is over."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        yield look()
        time.sleep(0.1)
