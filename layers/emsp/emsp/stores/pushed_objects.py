"""The common part of the tables of sessions and CDRs: one item for each pushed object.

Its key is `COUNTRY#PARTY#ID` in upper case. The item has the JSON as received, and the attributes for keys,
indexes and conditions. If another object refers to this one before it comes, the item has no body yet.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import batched
from typing import Any, Final, NamedTuple

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT
from emsp.stores.keyed_items import KeyedItems, Update
from emsp.stores.table import (
    BODY_ATTRIBUTES,
    Item,
    LargeBodies,
    StoreUnavailable,
    body_attributes,
    error_code,
    read_body,
)

TEXT_BYTES_AT_MOST: Final = 500
"""A longer body is gzipped, because each write is billed by the size of the item."""
GONE: Final = frozenset({"NoSuchKey", "404"})
ITEMS_AT_ONCE: Final = 25
"""The number of items in a batch. Together they have at most 10 MB."""


class PushedObjects(NamedTuple):
    """One of these tables. All methods raise StoreUnavailable.

    `kind` names its objects in messages. The plural of `kind` is the folder of their bodies in S3.
    """

    client: DynamoDBClient
    table: str
    large_bodies: LargeBodies
    kind: str

    def item(self, object_key: str) -> Item | None:
        """Return the item (consistent read), or None."""
        return self._items.read(object_key, f"reading {self.kind} {object_key}") or None

    def items(self, object_keys: Iterable[str]) -> Iterator[Item]:
        """Yield the items that exist (consistent read), in the order of `object_keys`. Few are in memory at a
        time.
        """
        for keys in batched(object_keys, ITEMS_AT_ONCE, strict=False):
            read = self._items.read_many(keys, f"reading {len(keys)} of the {self.kind}s")
            found = {item["object_key"]["S"]: item for item in read}
            yield from (found.pop(key) for key in keys if key in found)

    def body(self, item: Item) -> str:
        """Return the JSON text of the object, as received.

        If the item was replaced meanwhile, and its body in S3 deleted, return the text of the new one.
        """
        try:
            return read_body(item, self.large_bodies)
        except StoreUnavailable as error:
            now = self.item(item["object_key"]["S"]) if error_code(error.__cause__) in GONE else None
            if now is None or now.get("body_s3") == item.get("body_s3"):
                raise
            return read_body(now, self.large_bodies)

    def writing(
        self,
        object_key: str,
        body: str,
        texts: Mapping[str, str | None],
        *,
        condition: str,
        ttl_value: Mapping[str, Any] | None = None,
        sets: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Update:
        """Return the request that sets the body and all `texts`, and removes those that are None.

        A body that is too large for an item is stored in S3 now.

        `ttl_value` is the new `expires_at`; None removes it, so that the item never expires. `sets` maps
        further attributes to their expressions. `values` are the values for these and for `condition`, which
        may also use the new texts (`:name`).
        """
        attributes = {
            **body_attributes(
                body, f"{self.kind.lower()}s#{object_key}", self.large_bodies, TEXT_BYTES_AT_MOST
            ),
            **{name: {"S": text} for name, text in texts.items() if text is not None},
            **({EXPIRES_AT: ttl_value} if ttl_value else {}),
        }
        # A pointer to S3 remains. read_body uses it last, and its object is deleted when the item expires.
        replaced = (name for name in BODY_ATTRIBUTES if name != "body_s3")
        removed = [name for name in (*replaced, EXPIRES_AT, *texts) if name not in attributes]
        expressions = {name: f":{name}" for name in attributes} | dict(sets or {})
        set_all = ", ".join(f"#{name} = {to}" for name, to in expressions.items())
        return self._items.request(
            object_key,
            f"SET {set_all} REMOVE {', '.join(f'#{name}' for name in removed)}",
            {**{f":{name}": value for name, value in attributes.items()}, **(values or {})},
            condition,
            {f"#{name}": name for name in (*expressions, *removed)},
        )

    def write(self, object_key: str, update: Update) -> None:
        """Send a request of `writing` or `noting`. Raises ConditionFailed with the stored item."""
        self._items.apply(update, f"writing {self.kind} {object_key}")

    def write_both(self, object_key: str, update: Update, of_another_table: Update) -> bool:
        """Send both requests as one transaction (KeyedItems.apply_both)."""
        doing = f"writing {self.kind} {object_key} and another object"
        return self._items.apply_both(update, of_another_table, doing)

    def noting(self, object_key: str, update: str, values: Mapping[str, Any], condition: str = "") -> Update:
        """Return the request of `note`."""
        return self._items.request(object_key, update, values, condition)

    def note(self, object_key: str, update: str, values: Mapping[str, Any], condition: str = "") -> None:
        """Record data about this object that comes from another one. The object itself may not have come yet.

        Raises ConditionFailed with the stored item.
        """
        doing = f"updating {self.kind} {object_key}"
        self._items.apply(self.noting(object_key, update, values, condition), doing)

    @property
    def _items(self) -> KeyedItems:
        return KeyedItems(self.client, self.table, "object_key")
