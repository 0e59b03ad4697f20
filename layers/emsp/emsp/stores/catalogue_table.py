"""The common part of the tables of locations and tariffs.

Objects are stored as JSON text and compared by hash. Only a pull writes, and it has a lease, so it writes new
objects in batches. It replaces an object unless the stored one is newer. An object that vanished from the Hub
remains with `removed_at` until it reappears or its TTL (`expires_at`) passes.
"""

import gzip
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from itertools import batched, chain
from random import uniform
from typing import Any

from emsp.gunzip import gunzip
from emsp.ocpi.deviations import Deviation
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KEYS_PER_READ, KeyedItems
from emsp.stores.table import (
    ConditionFailed,
    Item,
    LargeBodies,
    StoreUnavailable,
    body_attributes,
    items_of,
    read_body,
    store_errors,
    text_attribute,
)
from emsp.timeouts import UNPROCESSED_ITEMS

TEXT_BYTES_AT_MOST = 300
"""Longer texts are gzipped. EVSEs change their status all day, each change rewrites a location, and DynamoDB
bills each KB.
"""
PUTS_PER_WRITE = 25
TEXTS = "object_key, body, body_gz, body_s3, content_hash, text_hash, removed_at"
MARKS = "object_key, last_updated, content_hash, text_hash, removed_at"


@dataclass(frozen=True)
class StoredMark:
    """The fields of a stored object that show whether a pulled object is a change."""

    last_updated: str
    content_hash: str
    text_hash: str
    removed: bool


@dataclass(frozen=True)
class CatalogueObject:
    """An object of a CPO, to be stored.

    `text` is its JSON as received, `last_updated` its time in canonical form, and `attributes` are for the
    indexes of the table.
    """

    object_key: str
    text: str
    last_updated: str
    content_hash: str
    text_hash: str
    deviations: tuple[Deviation, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredObject:
    """A stored object. `removed_at` is the time (canonical text) at which it vanished from the Hub, or
    None.
    """

    object_key: str
    text: str
    received_at: str
    removed_at: str | None
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True)
class StoredText:
    """The fields of a stored object for a snapshot."""

    object_key: str
    content_hash: str
    text_hash: str
    removed: bool
    read: Callable[[], str]
    """Returns the text. It is decompressed when it is called, because a hundred large texts would fill the
    memory. Raises StoreUnavailable.
    """


@dataclass(frozen=True)
class CatalogueTable:
    """A table of catalogue objects. `pool` runs the requests of a batch in parallel. All methods raise
    StoreUnavailable.
    """

    client: DynamoDBClient
    name: str
    large_bodies: LargeBodies
    pool: Executor | None = None
    pause: Callable[[float], None] = time.sleep

    def read(self, object_key: str) -> StoredObject | None:
        """Return an object, even if it is removed, or None if there is none."""
        item = self._items.read(object_key, f"reading {object_key} from {self.name}", consistent=False)
        return self._stored(item) if item else None

    def read_many(self, object_keys: Iterable[str]) -> dict[str, StoredObject]:
        """Return the objects that exist, by key, including removed ones."""
        return {each["object_key"]["S"]: self._stored(each) for each in self._batch_get(object_keys, "")}

    def read_texts(self, object_keys: Iterable[str]) -> dict[str, StoredText]:
        """Return the texts of the objects that exist, by key, including removed ones."""
        return {
            each["object_key"]["S"]: StoredText(
                object_key=each["object_key"]["S"],
                read=partial(read_body, each, self.large_bodies),
                content_hash=each["content_hash"]["S"],
                text_hash=each["text_hash"]["S"],
                removed="removed_at" in each,
            )
            for each in self._batch_get(object_keys, TEXTS)
        }

    def read_marks(self, object_keys: Iterable[str]) -> dict[str, StoredMark]:
        """Return the marks of the objects that exist, by key. Their texts are not read."""
        return {each["object_key"]["S"]: _mark(each) for each in self._batch_get(object_keys, MARKS)}

    def scan_marks(self) -> Iterator[tuple[str, StoredMark]]:
        """Yield the key and mark of every object, in no order. For a catalogue without a usable snapshot."""
        doing = f"scanning {self.name}"
        for item in items_of(self.client, "scan", doing, TableName=self.name, ProjectionExpression=MARKS):
            yield item["object_key"]["S"], _mark(item)

    def scan_texts(self) -> Iterator[tuple[str, str]]:
        """Yield the key and text of every object that is not removed, in no order."""
        for item in items_of(self.client, "scan", f"scanning {self.name}", TableName=self.name):
            stored = self._stored(item)
            if stored.removed_at is None:
                yield stored.object_key, stored.text

    def put_new(self, objects: Sequence[CatalogueObject], received_at: str) -> None:
        """Write objects that are not in the catalogue. Their keys must differ."""
        items = [self._item(each, received_at) for each in objects]
        for _ in self._map(self._write_batch, batched(items, PUTS_PER_WRITE, strict=False)):
            pass

    def replace(self, objects: Sequence[CatalogueObject], received_at: str) -> list[str]:
        """Replace stored objects unless the stored ones are newer. Return the keys of those that were not
        replaced.
        """
        kept = self._map(lambda each: self._put_unless_older(each, received_at), objects)
        return [each.object_key for each, written in zip(objects, kept, strict=True) if not written]

    def mark_removed(self, object_keys: Sequence[str], removed_at: str, expires_at: int) -> None:
        """Mark these objects as removed. They expire at `expires_at` (seconds since 1970)."""
        for _ in self._map(lambda key: self._mark_removed(key, removed_at, expires_at), object_keys):
            pass

    def _mark_removed(self, object_key: str, removed_at: str, expires_at: int) -> None:
        try:
            self._items.update(
                object_key,
                f"marking {object_key} as removed in {self.name}",
                "SET removed_at = :at, expires_at = :expires REMOVE cell, object_id",
                {":at": {"S": removed_at}, ":expires": {"N": str(expires_at)}},
                condition="attribute_exists(object_key) AND attribute_not_exists(removed_at)",
            )
        except ConditionFailed:
            return  # An interrupted run has already marked it as removed.

    def _put_unless_older(self, each: CatalogueObject, received_at: str) -> bool:
        try:
            self._items.put(
                self._item(each, received_at),
                f"writing {each.object_key} to {self.name}",
                "attribute_not_exists(object_key) OR attribute_exists(removed_at)"
                " OR last_updated <= :last_updated",
                {":last_updated": {"S": each.last_updated}},
            )
        except ConditionFailed:
            return False
        return True

    def _write_batch(self, items: Sequence[Item]) -> None:
        puts: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
        for tried in range(1, UNPROCESSED_ITEMS.tries + 1):
            with store_errors(f"writing {len(puts)} objects to {self.name}"):
                answer = self.client.batch_write_item(RequestItems={self.name: puts})
            puts = answer.get("UnprocessedItems", {}).get(self.name, [])
            if not puts:
                return
            self.pause(uniform(0, UNPROCESSED_ITEMS.pause_after(tried)))  # noqa: S311 - jitter, no secret
        raise StoreUnavailable(
            f"{self.name}: {len(puts)} objects not written in {UNPROCESSED_ITEMS.tries} tries; try later"
        )

    def _batch_get(self, object_keys: Iterable[str], only: str) -> list[Item]:
        def read(keys: Sequence[str]) -> list[Item]:
            doing = f"reading {len(keys)} objects from {self.name}"
            return [*self._items.read_many(keys, doing, only=only, pause=self.pause)]

        batches = batched(dict.fromkeys(object_keys), KEYS_PER_READ, strict=False)
        return [*chain.from_iterable(self._map(read, batches))]

    @property
    def _items(self) -> KeyedItems:
        return KeyedItems(self.client, self.name, "object_key")

    def _map[A, B](self, function: Callable[[A], B], values: Iterable[A]) -> Iterator[B]:
        return (self.pool.map if self.pool else map)(function, values)

    def _item(self, each: CatalogueObject, received_at: str) -> dict[str, Any]:
        item: dict[str, Any] = {
            "object_key": {"S": each.object_key},
            "last_updated": {"S": each.last_updated},
            "received_at": {"S": received_at},
            "content_hash": {"S": each.content_hash},
            "text_hash": {"S": each.text_hash},
            **body_attributes(each.text, each.object_key, self.large_bodies, TEXT_BYTES_AT_MOST),
            **{name: {"S": value} for name, value in each.attributes.items()},
        }
        if each.deviations:
            text = json.dumps([d._asdict() for d in each.deviations], ensure_ascii=False)
            item |= _deviations(text.encode())
        return item

    def _stored(self, item: Item) -> StoredObject:
        return StoredObject(
            object_key=item["object_key"]["S"],
            text=read_body(item, self.large_bodies),
            received_at=item["received_at"]["S"],
            removed_at=text_attribute(item, "removed_at"),
            deviations=tuple(Deviation(**each) for each in json.loads(catalogue_deviations(item) or "[]")),
        )


def catalogue_deviations(item: Item) -> str | None:
    """Return the deviations of a catalogue object as JSON text, or None if there are none."""
    if "deviations_gz" in item:
        return gunzip(bytes(item["deviations_gz"]["B"])).decode()
    return text_attribute(item, "deviations")


def _deviations(raw: bytes) -> dict[str, Any]:
    if len(raw) <= TEXT_BYTES_AT_MOST:
        return {"deviations": {"S": raw.decode()}}
    return {"deviations_gz": {"B": gzip.compress(raw, mtime=0)}}


def _mark(item: Item) -> StoredMark:
    return StoredMark(
        last_updated=item["last_updated"]["S"],
        content_hash=text_attribute(item, "content_hash") or "",
        text_hash=text_attribute(item, "text_hash") or "",
        removed="removed_at" in item,
    )
