"""What taking a place costs in DynamoDB's units: the calls that the store makes, each by the item's size.

A write takes one unit for each 1 KB of the item, also when its condition fails; a read takes one for each
4 KB, half of it when it need not be consistent.
"""

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any

import boto3

from emsp.hub.errors import RateLimited
from emsp.hub.quota import SharedQuota
from emsp.stores.quota import QuotaStore
from tests.local_cloud.stack import Stack


class CountedClient:
    """A DynamoDB client that adds up what its calls cost."""

    def __init__(self, stack: Stack) -> None:
        self._client = boto3.client("dynamodb", **stack.client_settings)
        self.read_units = 0.0
        self.write_units = 0

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        units = max(1, math.ceil(_size(answer.get("Item", {})) / 4096))
        self.read_units += units if request["ConsistentRead"] else units / 2
        return answer

    def update_item(self, **request: Any) -> Any:
        try:
            return self._client.update_item(**request)
        finally:
            item = self._client.get_item(
                TableName=request["TableName"], Key=request["Key"], ConsistentRead=True
            )
            self.write_units += max(1, math.ceil(_size(item.get("Item", {})) / 1024))


def _size(item: Mapping[str, Any]) -> int:
    """DynamoDB counts UTF-8 names, and for a number one byte and one for each two significant digits."""
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    if "N" in value:
        return 1 + math.ceil(len(value["N"].rstrip("0")) / 2)
    return len(str(value["S"]).encode())


def cost(stack: Stack, limit: int, callers: int, taken_before: int, max_wait_s: float) -> dict[str, float]:
    """Read and write units of one call, on average, where so many call at once."""
    module = f"units-{time.monotonic_ns()}"
    store = QuotaStore(boto3.client("dynamodb", **stack.client_settings), stack.tables["control"])
    now_ms = time.time_ns() // 1_000_000
    for place in range(limit):
        at_ms = now_ms if place < taken_before else now_ms - 3_600_000
        store.take(module, place, at_ms=at_ms // 10 * 10, seen_ms=None, held_until_ms=0)
    begin = Barrier(callers)

    def one(_: int) -> CountedClient:
        counted = CountedClient(stack)
        quota = SharedQuota(
            QuotaStore(counted, stack.tables["control"]),  # type: ignore[arg-type]
            {module: limit},
            sleep=lambda _: None,
        )
        begin.wait()
        with suppress(RateLimited):
            quota.take(module, max_wait_s)
        return counted

    with ThreadPoolExecutor(callers) as pool:
        counted = list(pool.map(one, range(callers)))
    return {
        "read_units": round(sum(each.read_units for each in counted) / callers, 2),
        "write_units": round(sum(each.write_units for each in counted) / callers, 2),
    }


SITUATIONS: dict[str, Callable[[Stack], dict[str, float]]] = {
    "one call, limit 50": lambda stack: cost(stack, 50, 1, 0, 0),
    "one call, limit 100": lambda stack: cost(stack, 100, 1, 0, 0),
    "one call, limit 200": lambda stack: cost(stack, 200, 1, 0, 0),
    "10 at once, limit 50": lambda stack: cost(stack, 50, 10, 0, 0),
    "50 at once, limit 50": lambda stack: cost(stack, 50, 50, 0, 0),
    "50 at once, limit 100": lambda stack: cost(stack, 100, 50, 0, 0),
    "refused, limit 100": lambda stack: cost(stack, 100, 1, 100, 0),
    "waits, limit 100": lambda stack: cost(stack, 100, 1, 100, 70),
    "50 wait, limit 100": lambda stack: cost(stack, 100, 50, 100, 70),
}
