"""Rewrite the objects of a whole table or bucket, page by page.

This may take longer than one invocation, so each page returns the position of the next.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emsp.gunzip import gunzip
from emsp.stores.client_types import DynamoDBClient, S3Client
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, Item, StoreUnavailable, pages_of, store_errors
from emsp.timeouts import COUNT_CONFLICT

type Rewrite = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Maps the texts of an object, by name, to the changed texts, by name. Unchanged ones are left out."""

ITEMS_OF_A_PAGE: Final = 500
VERSIONS_OF_A_PAGE: Final = 200


@dataclass(frozen=True)
class RewrittenPage:
    """A page: the number of its objects, the number of changed objects, and the position of the next page.

    The position is None after the last page.
    """

    looked_at: int
    changed: int
    next: str | None


@dataclass(frozen=True)
class RewritableTable:
    """A table whose key is one text.

    Each rewrite sets `pseudonymised_at` to `mark`, so that readers of the stream see that the object itself
    has not changed. It also increments the item's `revision`, if there is one, so that a writer that read the
    item before must read it again.
    """

    client: DynamoDBClient
    table: str
    key_name: str

    def rewrite_page(self, position: str, rewrite: Rewrite, mark: str) -> RewrittenPage:
        """Rewrite a page at the time `mark`. Raises StoreUnavailable. Earlier rewrites remain."""
        request: dict[str, Any] = {"TableName": self.table, "Limit": ITEMS_OF_A_PAGE, "ConsistentRead": True}
        if position:
            request["ExclusiveStartKey"] = {self.key_name: {"S": position}}
        with store_errors(f"rewriting table {self.table}"):
            page = self.client.scan(**request)
        changed = sum(self._rewritten(item, rewrite, mark) for item in page["Items"])
        last = page.get("LastEvaluatedKey")
        return RewrittenPage(len(page["Items"]), changed, str(last[self.key_name]["S"]) if last else None)

    def _rewritten(self, found: Item, rewrite: Rewrite, mark: str) -> bool:
        item: Item | None = found
        for _ in range(COUNT_CONFLICT.tries):
            if item is None:
                return False
            texts = dict(_texts(item))
            changes = rewrite(texts)
            if not changes:
                return False
            try:
                self._update(item, changes, mark)
                return True
            except ConditionFailed as failed:  # another writer has just changed it
                item = failed.item
        raise StoreUnavailable(f"rewriting an item of table {self.table}: it changed at every try; try again")

    def _update(self, item: Item, changes: Mapping[str, str], mark: str) -> None:
        attributes: dict[str, Any] = {}
        for path, text in changes.items():
            name, _, place = path.partition("/")
            if place:
                attributes.setdefault(name, {"L": list(item[name]["L"])})["L"][int(place)] = {"S": text}
            else:
                attributes[name] = _attribute(item[name], text)
        names = {f"#n{number}": name for number, name in enumerate(attributes)}
        sets = [f"#n{number} = :new{number}" for number in range(len(names))]
        unchanged = [f"#n{number} = :old{number}" for number in range(len(names))]
        values = {f":new{number}": value for number, value in enumerate(attributes.values())}
        values |= {f":old{number}": item[name] for number, name in enumerate(attributes)}
        if "revision" in item:
            sets.append("revision = revision + :one")
            values[":one"] = {"N": "1"}
        KeyedItems(self.client, self.table, self.key_name).update(
            item[self.key_name]["S"],
            f"rewriting an item of table {self.table}",
            f"SET {', '.join(sets)}, pseudonymised_at = :mark",
            {**values, ":mark": {"S": mark}},
            condition=" AND ".join(unchanged),
            names=names,
        )


def was_pseudonymised(before: Item | None, after: Item | None) -> bool:
    """Whether a change in a stream is such a rewrite, and not a change of the object itself."""
    mark = after.get("pseudonymised_at") if after else None
    return mark is not None and before is not None and mark != before.get("pseudonymised_at")


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    """Yield the texts of an item with their names.

    They are strings and gzipped strings, and the strings of a list as `name/0`, `name/1` and so on.
    """
    for name, value in item.items():
        if "S" in value:
            yield name, str(value["S"])
        elif "B" in value and name.endswith("_gz"):
            yield name, gunzip(bytes(value["B"])).decode()
        elif "L" in value:
            yield from ((f"{name}/{place}", str(each["S"])) for place, each in enumerate(value["L"]))


def _attribute(was: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {"B": gzip.compress(text.encode(), mtime=0)} if "B" in was else {"S": text}


@dataclass(frozen=True)
class RewritableBucket:
    """A bucket with versions, whose objects are JSON texts, gzipped or not.

    A rewritten object has the same key. Each earlier version that would change is deleted, even if the object
    itself was deleted.
    """

    client: Callable[[], S3Client]
    bucket: str

    def rewrite_page(self, position: str, rewrite: Rewrite, mark: str) -> RewrittenPage:  # noqa: ARG002  no stream
        """Rewrite a page. Raises StoreUnavailable. Earlier rewrites remain."""
        markers: dict[str, Any] = {"KeyMarker": position} if position else {}
        with store_errors(f"rewriting s3://{self.bucket}"):
            page = self.client().list_object_versions(
                Bucket=self.bucket, MaxKeys=VERSIONS_OF_A_PAGE, **markers
            )
        versions = page.get("Versions", [])
        keys = sorted({each["Key"] for each in (*versions, *page.get("DeleteMarkers", []))})
        changed = looked_at = 0
        for key in keys:
            cut_off = page["IsTruncated"] and key == keys[-1]
            of_key = self._versions(key) if cut_off else [each for each in versions if each["Key"] == key]
            looked_at += 1
            changed += self._rewritten(key, of_key, rewrite)
        return RewrittenPage(looked_at, changed, keys[-1] if page["IsTruncated"] and keys else None)

    def _versions(self, key: str) -> list[Any]:
        doing = f"reading the versions of s3://{self.bucket}/{key}"
        pages = pages_of(self.client(), "list_object_versions", doing, Bucket=self.bucket, Prefix=key)
        return [each for page in pages for each in page.get("Versions", []) if each["Key"] == key]

    def _rewritten(self, key: str, versions: list[Any], rewrite: Rewrite) -> bool:
        changed = False
        for version in versions:
            one = {"Bucket": self.bucket, "Key": key, "VersionId": version["VersionId"]}
            with store_errors(f"rewriting s3://{self.bucket}/{key}"):
                try:
                    content = self.client().get_object(**one)["Body"].read()
                except self.client().exceptions.NoSuchKey:
                    continue
                gzipped = content.startswith(b"\x1f\x8b")
                text = (gunzip(content) if gzipped else content).decode()
                new = rewrite({"body": text}).get("body")
                if new is None:
                    continue
                written = self._put(key, new, version["ETag"], gzipped) if version["IsLatest"] else None
                # equal if the bucket has no versions: the object itself was replaced
                if written != version["VersionId"]:
                    self.client().delete_object(**one)
            changed = True
        return changed

    def _put(self, key: str, text: str, etag: str, gzipped: bool) -> str:
        encoding: dict[str, Any] = {"ContentEncoding": "gzip"} if gzipped else {}
        written = self.client().put_object(
            Bucket=self.bucket,
            Key=key,
            Body=gzip.compress(text.encode(), mtime=0) if gzipped else text.encode(),
            ContentType="application/json",
            IfMatch=etag,
            **encoding,
        )
        return str(written.get("VersionId", "null"))
