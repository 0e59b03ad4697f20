"""What the tables of sessions and CDRs have in common: one item for each object that the Hub pushed, keyed
`COUNTRY#PARTY#ID` in upper case, its JSON as received beside the texts that keys, indexes and conditions
need. What another object says of it may come first: such an item has no body yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emsp.stores.lapse import EXPIRES_AT
from emsp.stores.table import BODY_ATTRIBUTES, Item, LargeBodies, body_attributes, read_body, store_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class PushedObjects:
    """One of these tables. `kind` names its objects in errors and, in the plural, their bodies in S3; beyond
    `text_bytes_at_most`, where there are any, a body is gzipped.

    Every method raises StoreUnavailable when DynamoDB or S3 does not do its part.
    """

    client: "DynamoDBClient"
    table: str
    large_bodies: LargeBodies
    kind: str
    text_bytes_at_most: int | None = None

    def item(self, object_key: str) -> Item | None:
        """The item as it is now (consistent read), None when there is none."""
        with store_errors(f"reading {self.kind} {object_key}"):
            answer = self.client.get_item(TableName=self.table, Key=_key(object_key), ConsistentRead=True)
        return answer.get("Item")

    def body(self, item: Item) -> str:
        """The object's JSON text as it was received."""
        return read_body(item, self.large_bodies)

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
                body, f"{self.kind.lower()}s#{object_key}", self.large_bodies, self.text_bytes_at_most
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
