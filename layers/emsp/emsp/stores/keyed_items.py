"""Read and write the items of a table whose key is one text. The errors are those of table.py."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from random import uniform
from typing import Any, Final, Literal, NamedTuple

from botocore.exceptions import ClientError

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import Item, StoreUnavailable, error_code, store_errors
from emsp.timeouts import TRANSACTION_CONFLICT, UNPROCESSED_ITEMS

KEYS_PER_READ: Final = 100
CONFLICT: Final = "TransactionConflictException"
CANCELLED: Final = "TransactionCanceledException"

Update = dict[str, Any]
"""A request of UpdateItem. It can also be a part of a transaction."""


class KeyedItems(NamedTuple):
    """A table. `doing` describes the operation and its object, for error messages.

    Keys are texts, and values are in the form of the client (see attributes.py). All methods raise
    StoreUnavailable. A write with a condition also raises ConditionFailed, with the stored item.
    """

    client: DynamoDBClient
    table: str
    key_name: str = "control_key"

    def read(self, key: str, doing: str, *, consistent: bool = True) -> Item:
        """Return the item, or an empty one if there is none."""
        with store_errors(doing):
            answer = self.client.get_item(TableName=self.table, Key=self.key(key), ConsistentRead=consistent)
        return answer.get("Item", {})

    def read_many(
        self,
        keys: Iterable[str],
        doing: str,
        *,
        only: str = "",
        consistent: bool = True,
        pause: Callable[[float], None] = time.sleep,
    ) -> Iterator[Item]:
        """Yield the items that exist, in no order.

        `only` lists the attributes to read; if it is empty, all are read.
        """
        projection = {"ProjectionExpression": only} if only else {}
        for some in batched(dict.fromkeys(keys), KEYS_PER_READ, strict=False):
            wanted: Any = {"Keys": [*map(self.key, some)], "ConsistentRead": consistent, **projection}
            for tried in range(1, UNPROCESSED_ITEMS.tries + 1):
                with store_errors(doing):
                    answer = self.client.batch_get_item(RequestItems={self.table: wanted})
                yield from answer["Responses"].get(self.table, [])
                wanted = answer.get("UnprocessedKeys", {}).get(self.table)
                if not wanted:
                    break
                pause(uniform(0, UNPROCESSED_ITEMS.pause_after(tried)))  # noqa: S311 - jitter, no secret
            else:
                raise StoreUnavailable(f"{doing}: DynamoDB left some unread at every try; try again later")

    def put(
        self, item: Item, doing: str, condition: str = "", values: Mapping[str, Any] | None = None
    ) -> None:
        """Store the whole item. It replaces the one with the same key."""
        with store_errors(doing):
            self.client.put_item(TableName=self.table, Item=item, **_given(condition, values))

    def update(
        self,
        key: str,
        doing: str,
        update: str,
        values: Mapping[str, Any] | None = None,
        *,
        condition: str = "",
        names: Mapping[str, str] | None = None,
        returns: Literal["NONE", "ALL_NEW"] = "NONE",
    ) -> Item:
        """Apply an UpdateExpression. Return the changed item if `returns` is ALL_NEW, or else an empty
        one.
        """
        return self.apply(self.request(key, update, values, condition, names), doing, returns)

    def request(
        self,
        key: str,
        update: str,
        values: Mapping[str, Any] | None = None,
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> Update:
        """Return the request of an UpdateExpression, for `apply` and `apply_both`."""
        return {
            "TableName": self.table,
            "Key": self.key(key),
            "UpdateExpression": update,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **_given(condition, values, names),
        }

    def apply(self, update: Update, doing: str, returns: Literal["NONE", "ALL_NEW"] = "NONE") -> Item:
        """Send the request. Retry while a transaction is writing the item."""
        for tried in range(1, TRANSACTION_CONFLICT.tries + 1):
            with store_errors(doing):
                try:
                    answer = self.client.update_item(**update, ReturnValues=returns)
                except ClientError as error:
                    if error_code(error) != CONFLICT or tried == TRANSACTION_CONFLICT.tries:
                        raise
                    time.sleep(TRANSACTION_CONFLICT.pause_after(tried))
                else:
                    return answer.get("Attributes", {})
        raise AssertionError("the last try returns or raises")

    def apply_both(self, update: Update, of_another_table: Update, doing: str) -> bool:
        """Send both requests as one transaction, so that both are applied or none.

        Return False if DynamoDB cancels it, because a condition was not met or another write was in progress.
        """
        both: Any = [{"Update": update}, {"Update": of_another_table}]
        with store_errors(doing):
            try:
                self.client.transact_write_items(TransactItems=both)
            except ClientError as error:
                if error_code(error) != CANCELLED:
                    raise
                return False
        return True

    def remove(self, key: str, doing: str) -> bool:
        """Delete the item. Return False if there was none."""
        with store_errors(doing):
            answer = self.client.delete_item(TableName=self.table, Key=self.key(key), ReturnValues="ALL_OLD")
        return "Attributes" in answer

    def key(self, key: str) -> dict[str, Any]:
        """Return the key in the form of the client."""
        return {self.key_name: {"S": key}}


def _given(
    condition: str, values: Mapping[str, Any] | None, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the optional parts of a request that are not empty. DynamoDB rejects empty ones."""
    parts = {
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ExpressionAttributeNames": names,
    }
    return {name: part for name, part in parts.items() if part}
