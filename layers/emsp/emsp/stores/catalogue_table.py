"""What the tables of locations and tariffs have in common: objects as text, compared by hash, tombstones for
the gone.

A pull is the only writer and holds a lease, so objects that are new to the catalogue are written in batches.
What replaces a stored object is written on condition that it is not older. What vanished from the Hub stays
as a tombstone (`removed_at`) until it reappears or `expires_at` (TTL) passes.
"""

import gzip
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import batched
from random import uniform
from typing import TYPE_CHECKING, Any

from emsp.ocpi.deviations import Deviation
from emsp.patience import UNFINISHED_BATCH
from emsp.stores.packing import pack, unpack
from emsp.stores.table import (
    COMPRESSED_BYTES_AT_MOST,
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

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEXT_BYTES_AT_MOST = 300
"""Longer texts are packed: a catalogue is rewritten all day as EVSEs change their states, and DynamoDB bills
each KB. What is too large for an item even so goes to S3.
"""
KEYS_PER_READ = 100
PUTS_PER_WRITE = 25
TEXTS = "object_key, body, body_packed, body_gz, body_s3, content_hash, text_hash, removed_at"
MARKS = "object_key, last_updated, content_hash, text_hash, removed_at"


@dataclass(frozen=True)
class StoredMark:
    """What a pull needs to know of a stored object to tell whether another one changes it."""

    last_updated: str
    content_hash: str
    text_hash: str
    removed: bool


@dataclass(frozen=True)
class CatalogueObject:
    """An object of a CPO as the table keeps it.

    `text` is its JSON as received, `last_updated` the canonical text, `attributes` what the table's indexes
    need.
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
    """An object as it was read; `removed_at` (canonical text) when it vanished from the Hub."""

    object_key: str
    text: str
    last_updated: str
    received_at: str
    removed_at: str | None
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True)
class StoredText:
    """What a snapshot needs of a stored object."""

    object_key: str
    content_hash: str
    text_hash: str
    removed: bool
    read: Callable[[], str]
    """The text, unpacked only when it is needed: a hundred large ones at once would fill the memory. Raises
    StoreUnavailable.
    """


@dataclass(frozen=True)
class CatalogueTable:
    """One table of catalogue objects. `pool` runs the requests of a batch side by side."""

    client: "DynamoDBClient"
    name: str
    large_bodies: LargeBodies
    pool: Executor | None = None
    pause: Callable[[float], None] = time.sleep

    def read(self, object_key: str) -> StoredObject | None:
        """One object, tombstones included, or None. Raises StoreUnavailable."""
        with store_errors(f"reading {object_key} from {self.name}"):
            item = self.client.get_item(TableName=self.name, Key=_key(object_key)).get("Item")
        return self._stored(item) if item else None

    def read_many(self, object_keys: Iterable[str]) -> dict[str, StoredObject]:
        """The objects that are there, by key, tombstones included. Raises StoreUnavailable."""
        return {each["object_key"]["S"]: self._stored(each) for each in self._batch_get(object_keys, None)}

    def read_texts(self, object_keys: Iterable[str]) -> dict[str, StoredText]:
        """The texts of the objects that are there, by key, tombstones included. Raises StoreUnavailable."""
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
        """What is stored under the keys, without the objects. Raises StoreUnavailable."""
        return {each["object_key"]["S"]: _mark(each) for each in self._batch_get(object_keys, MARKS)}

    def scan_marks(self) -> Iterator[tuple[str, StoredMark]]:
        """Every object's mark, in no order: for a catalogue without a usable snapshot. Raises
        StoreUnavailable.
        """
        doing = f"scanning {self.name}"
        for item in items_of(self.client, "scan", doing, TableName=self.name, ProjectionExpression=MARKS):
            yield item["object_key"]["S"], _mark(item)

    def put_new(self, objects: Sequence[CatalogueObject], received_at: str) -> None:
        """Write objects that the catalogue does not have; keys must differ. Raises StoreUnavailable."""
        items = [self._item(each, received_at) for each in objects]
        for _ in self._map(self._write_batch, batched(items, PUTS_PER_WRITE, strict=False)):
            pass

    def replace(self, objects: Sequence[CatalogueObject], received_at: str) -> list[str]:
        """Replace stored objects by these unless they are older; the keys of the older ones. Raises
        StoreUnavailable.
        """
        kept = self._map(lambda each: self._put_unless_older(each, received_at), objects)
        return [each.object_key for each, written in zip(objects, kept, strict=True) if not written]

    def mark_removed(self, object_keys: Sequence[str], removed_at: str, expires_at: int) -> None:
        """Make tombstones of these objects. `expires_at`, seconds since 1970, ends them. Raises
        StoreUnavailable.
        """
        for _ in self._map(lambda key: self._mark_removed(key, removed_at, expires_at), object_keys):
            pass

    def _mark_removed(self, object_key: str, removed_at: str, expires_at: int) -> None:
        try:
            with store_errors(f"marking {object_key} as removed in {self.name}"):
                self.client.update_item(
                    TableName=self.name,
                    Key=_key(object_key),
                    UpdateExpression="SET removed_at = :at, expires_at = :expires REMOVE cell, object_id",
                    ConditionExpression="attribute_exists(object_key) AND attribute_not_exists(removed_at)",
                    ExpressionAttributeValues={":at": {"S": removed_at}, ":expires": {"N": str(expires_at)}},
                )
        except ConditionFailed:
            return  # It is a tombstone already, from a run that was cut off.

    def _put_unless_older(self, each: CatalogueObject, received_at: str) -> bool:
        try:
            with store_errors(f"writing {each.object_key} to {self.name}"):
                self.client.put_item(
                    TableName=self.name,
                    Item=self._item(each, received_at),
                    ConditionExpression="attribute_not_exists(object_key) OR attribute_exists(removed_at)"
                    " OR last_updated <= :last_updated",
                    ExpressionAttributeValues={":last_updated": {"S": each.last_updated}},
                )
        except ConditionFailed:
            return False
        return True

    def _write_batch(self, items: Sequence[Item]) -> None:
        puts: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
        for tried in range(1, UNFINISHED_BATCH.tries + 1):
            with store_errors(f"writing {len(puts)} objects to {self.name}"):
                answer = self.client.batch_write_item(RequestItems={self.name: puts})
            puts = answer.get("UnprocessedItems", {}).get(self.name, [])
            if not puts:
                return
            self._pause(tried)
        raise StoreUnavailable(
            f"{self.name} left {len(puts)} objects unwritten {UNFINISHED_BATCH.tries} times: try again later"
        )

    def _batch_get(self, object_keys: Iterable[str], projection: str | None) -> list[Item]:
        batches = batched(dict.fromkeys(object_keys), KEYS_PER_READ, strict=False)
        return [
            item
            for items in self._map(lambda keys: self._read_batch(keys, projection), batches)
            for item in items
        ]

    def _read_batch(self, object_keys: Sequence[str], projection: str | None) -> list[Item]:
        wanted: Any = {"Keys": [_key(each) for each in object_keys], "ConsistentRead": True}
        if projection:
            wanted["ProjectionExpression"] = projection
        items: list[Item] = []
        for tried in range(1, UNFINISHED_BATCH.tries + 1):
            with store_errors(f"reading {len(object_keys)} objects from {self.name}"):
                answer = self.client.batch_get_item(RequestItems={self.name: wanted})
            items += answer["Responses"].get(self.name, [])
            wanted = answer.get("UnprocessedKeys", {}).get(self.name)
            if not wanted:
                return items
            self._pause(tried)
        raise StoreUnavailable(
            f"{self.name} left objects unread {UNFINISHED_BATCH.tries} times: try again later"
        )

    def _pause(self, tried: int) -> None:
        self.pause(uniform(0, UNFINISHED_BATCH.pause_after(tried)))  # noqa: S311 - jitter, no secret

    def _map[A, B](self, function: Callable[[A], B], values: Iterable[A]) -> Iterator[B]:
        return (self.pool.map if self.pool else map)(function, values)

    def _item(self, each: CatalogueObject, received_at: str) -> dict[str, Any]:
        item: dict[str, Any] = {
            "object_key": {"S": each.object_key},
            "last_updated": {"S": each.last_updated},
            "received_at": {"S": received_at},
            "content_hash": {"S": each.content_hash},
            "text_hash": {"S": each.text_hash},
            **_body(each, self.large_bodies),
            **{name: {"S": value} for name, value in each.attributes.items()},
        }
        if each.deviations:
            text = json.dumps([asdict(d) for d in each.deviations], ensure_ascii=False)
            item |= _text_or_packed("deviations", text)
        return item

    def _stored(self, item: Item) -> StoredObject:
        return StoredObject(
            object_key=item["object_key"]["S"],
            text=read_body(item, self.large_bodies),
            last_updated=item["last_updated"]["S"],
            received_at=item["received_at"]["S"],
            removed_at=text_attribute(item, "removed_at"),
            deviations=tuple(Deviation(**each) for each in json.loads(catalogue_deviations(item) or "[]")),
        )


def catalogue_deviations(item: Item) -> str | None:
    """The deviations beside an object of the catalogue, as JSON text; None where there are none."""
    if "deviations_packed" in item:
        return unpack(bytes(item["deviations_packed"]["B"])).decode()
    if "deviations_gz" in item:  # written by an earlier version
        return gzip.decompress(item["deviations_gz"]["B"]).decode()
    return text_attribute(item, "deviations")


def _body(each: CatalogueObject, large_bodies: LargeBodies) -> dict[str, Any]:
    kept = _text_or_packed("body", each.text)
    if "body" in kept or len(kept["body_packed"]["B"]) <= COMPRESSED_BYTES_AT_MOST:
        return kept
    return body_attributes(each.text, each.object_key, large_bodies)


def _text_or_packed(name: str, text: str) -> dict[str, Any]:
    raw = text.encode()
    return {name: {"S": text}} if len(raw) <= TEXT_BYTES_AT_MOST else {f"{name}_packed": {"B": pack(raw)}}


def _key(object_key: str) -> dict[str, Any]:
    return {"object_key": {"S": object_key}}


def _mark(item: Item) -> StoredMark:
    return StoredMark(
        last_updated=item["last_updated"]["S"],
        content_hash=text_attribute(item, "content_hash") or "",
        text_hash=text_attribute(item, "text_hash") or "",
        removed="removed_at" in item,
    )
