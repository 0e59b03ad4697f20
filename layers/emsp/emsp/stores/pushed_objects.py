"""What the tables of sessions and CDRs have in common: one item for each object that the Hub pushed, keyed
`COUNTRY#PARTY#ID` in upper case, its JSON as received beside the texts that keys, indexes and conditions
need. What another object says of it may come first: such an item has no body yet.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from emsp.patience import UNFINISHED_BATCH
from emsp.stores.lapse import EXPIRES_AT
from emsp.stores.table import (
    BODY_ATTRIBUTES,
    Item,
    LargeBodies,
    StoreUnavailable,
    body_attributes,
    error_code,
    read_body,
    store_errors,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


TEXT_BYTES_AT_MOST: Final = 500
"""A body beyond is gzipped: each KB of the item is billed whenever it is written."""
GONE: Final = frozenset({"NoSuchKey", "404"})
ITEMS_AT_ONCE: Final = 25
"""10 MB at most."""


@dataclass(frozen=True)
class PushedObjects:
    """One of these tables. `kind` names its objects in errors and, in the plural, their bodies in S3.

    Every method raises StoreUnavailable when DynamoDB or S3 does not do its part.
    """

    client: "DynamoDBClient"
    table: str
    large_bodies: LargeBodies
    kind: str

    def item(self, object_key: str) -> Item | None:
        """The item as it is now (consistent read), None when there is none."""
        with store_errors(f"reading {self.kind} {object_key}"):
            answer = self.client.get_item(TableName=self.table, Key=_key(object_key), ConsistentRead=True)
        return answer.get("Item")

    def items(self, object_keys: Iterable[str]) -> Iterator[Item]:
        """Those of the items that are there (consistent read), in the order of their keys as given. A few are
        in memory at a time.
        """
        for keys in batched(object_keys, ITEMS_AT_ONCE, strict=False):
            found = {item["object_key"]["S"]: item for item in self._batch(keys)}
            yield from (found.pop(key) for key in keys if key in found)

    def _batch(self, object_keys: Sequence[str]) -> Iterator[Item]:
        wanted: Any = {"Keys": [_key(each) for each in dict.fromkeys(object_keys)], "ConsistentRead": True}
        for tried in range(1, UNFINISHED_BATCH.tries + 1):
            with store_errors(f"reading {len(object_keys)} of the {self.kind}s"):
                answer = self.client.batch_get_item(RequestItems={self.table: wanted})
            yield from answer["Responses"].get(self.table, [])
            wanted = answer.get("UnprocessedKeys", {}).get(self.table)
            if not wanted:
                return
            time.sleep(UNFINISHED_BATCH.pause_after(tried))
        raise StoreUnavailable(f"reading {self.kind}s: DynamoDB left some unread again and again; try again")

    def body(self, item: Item) -> str:
        """The object's JSON text as it was received. Of an item that was replaced since, whose body in S3 is
        gone with that, the newest.
        """
        try:
            return read_body(item, self.large_bodies)
        except StoreUnavailable as error:
            now = self.item(item["object_key"]["S"]) if error_code(error.__cause__) in GONE else None
            if now is None or now.get("body_s3") == item.get("body_s3"):
                raise
            return read_body(now, self.large_bodies)

    def write(
        self,
        object_key: str,
        body: str,
        texts: Mapping[str, str | None],
        *,
        condition: str,
        lapses_at: Mapping[str, Any] | None = None,
        sets: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the body and all `texts`, and take away those that are None. `lapses_at` is the `expires_at` of
        the item from now on, None where it is kept for ever.

        `sets` are further attributes with the expressions for them, `values` what these and `condition` need
        beside the new texts (`:name`). Raises ConditionFailed with the item that is there.
        """
        attributes = {
            **body_attributes(
                body, f"{self.kind.lower()}s#{object_key}", self.large_bodies, TEXT_BYTES_AT_MOST
            ),
            **{name: {"S": text} for name, text in texts.items() if text is not None},
            **({EXPIRES_AT: lapses_at} if lapses_at else {}),
        }
        # A pointer to S3 stays: read_body goes by it last, and what it points at goes when the item lapses.
        replaced = (name for name in BODY_ATTRIBUTES if name != "body_s3")
        removed = [name for name in (*replaced, EXPIRES_AT, *texts) if name not in attributes]
        expressions = {name: f":{name}" for name in attributes} | dict(sets or {})
        set_all = ", ".join(f"#{name} = {to}" for name, to in expressions.items())
        with store_errors(f"writing {self.kind} {object_key}"):
            self.client.update_item(
                TableName=self.table,
                Key=_key(object_key),
                UpdateExpression=f"SET {set_all} REMOVE {', '.join(f'#{name}' for name in removed)}",
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in (*expressions, *removed)},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in attributes.items()},
                    **(values or {}),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )

    def note(
        self, object_key: str, update: str, values: Mapping[str, Any], condition: str | None = None
    ) -> None:
        """Note what another object says of this one, which may not be here yet. Raises ConditionFailed with
        the item that is there.
        """
        conditions: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        with store_errors(f"noting something of {self.kind} {object_key}"):
            self.client.update_item(
                TableName=self.table,
                Key=_key(object_key),
                UpdateExpression=update,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **conditions,
            )


def _key(object_key: str) -> dict[str, Any]:
    return {"object_key": {"S": object_key}}
