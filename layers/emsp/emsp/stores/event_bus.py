"""Put events on an EventBridge bus, in batches that PutEvents accepts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from emsp.stores.client_types import EventBridgeClient
from emsp.stores.table import StoreUnavailable, store_errors

ENTRIES_AT_MOST = 10
BYTES_AT_MOST = 256 * 1024
ENTRY_OVERHEAD = 200
"""The number of bytes that an entry takes besides its detail: source, detail type, time and bus name."""
DETAIL_BYTES_AT_MOST = BYTES_AT_MOST - ENTRY_OVERHEAD
SOURCE = "emsp.ocpi"


class BusEntry(NamedTuple):
    """An event. `detail` is JSON text of at most DETAIL_BYTES_AT_MOST bytes."""

    detail_type: str
    detail: str
    time: datetime

    @property
    def size(self) -> int:
        return len(self.detail.encode()) + ENTRY_OVERHEAD


class EventBus:
    """Puts events on one bus."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, entries: Sequence[BusEntry]) -> list[str | None]:
        """Put the entries. Return, for each entry, None if it was accepted, or the reason if not.

        An error of AWS is returned as the reason. It is not raised.
        """
        outcomes: list[str | None] = []
        for batch in _batches(entries):
            outcomes += self._put_batch(batch)
        return outcomes

    def _put_batch(self, batch: Sequence[BusEntry]) -> list[str | None]:
        requests: list[Any] = [
            {
                "EventBusName": self._name,
                "Source": SOURCE,
                "DetailType": entry.detail_type,
                "Detail": entry.detail,
                "Time": entry.time,
            }
            for entry in batch
        ]
        try:
            with store_errors("putting events"):
                answer = self._client.put_events(Entries=requests)
        except StoreUnavailable as error:
            return [str(error)] * len(batch)
        return [result.get("ErrorCode") for result in answer["Entries"]]


def _batches(entries: Sequence[BusEntry]) -> Iterator[list[BusEntry]]:
    batch: list[BusEntry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == ENTRIES_AT_MOST or size + entry.size > BYTES_AT_MOST):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
