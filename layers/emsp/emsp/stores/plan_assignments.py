"""The price plan of a driver's token, by `token_key` (`IN#EMS#UID`) and `valid_from`."""

from dataclasses import dataclass

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import Item, items_of, store_errors, text_attribute


@dataclass(frozen=True)
class PlanAssignments:
    """Reads and writes assignments. All methods raise StoreUnavailable, and no message contains a uid."""

    client: DynamoDBClient
    table: str

    def assign(self, token_key: str, plan_id: str | None, valid_from: str) -> None:
        """Assign a plan to the token from `valid_from` on (canonical text). None: no plan of its own."""
        item: dict[str, dict[str, str]] = {"token_key": {"S": token_key}, "valid_from": {"S": valid_from}}
        self._put(item if plan_id is None else {**item, "plan_id": {"S": plan_id}})

    def in_force(self, token_key: str, moment: str) -> str | None:
        """Return the id of the token's plan at `moment` (canonical text), or None."""
        with store_errors("reading the price plan of a token"):
            answer = self.client.query(
                TableName=self.table,
                KeyConditionExpression="token_key = :key AND valid_from <= :moment",
                ExpressionAttributeValues={":key": {"S": token_key}, ":moment": {"S": moment}},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=1,
            )
        return text_attribute(answer["Items"][0], "plan_id") if answer["Items"] else None

    def rename(self, token_key: str, new_key: str) -> int:
        """Replace the token key in all assignments. Return the number of changed assignments."""
        changed = 0
        for item in items_of(
            self.client,
            "query",
            "reading the price plans of a token",
            TableName=self.table,
            KeyConditionExpression="token_key = :key",
            ExpressionAttributeValues={":key": {"S": token_key}},
        ):
            self._put({**item, "token_key": {"S": new_key}})
            with store_errors("removing the price plan of a token"):
                key = {name: item[name] for name in ("token_key", "valid_from")}
                self.client.delete_item(TableName=self.table, Key=key)
            changed += 1
        return changed

    def _put(self, item: Item) -> None:
        with store_errors("keeping the price plan of a token"):
            self.client.put_item(TableName=self.table, Item=dict(item))
