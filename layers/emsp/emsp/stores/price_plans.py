"""The table of price plans: every version of each plan, with the time from which it applies.

A version never changes. Its key is `plan_key` = `plan#ID`, and `valid_from` = the canonical time with the
version's number. Each plan also has an item with `plan_key` = `plans` and its id, which counts its versions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import Item, LargeBodies, body_attributes, items_of, read_body, store_errors

_ALL: Final = "plans"
_AFTER_ALL_NUMBERS: Final = "~"


@dataclass(frozen=True)
class PlanVersion:
    """The number of a version, and the time from which it applies (canonical text)."""

    plan_id: str
    version: int
    valid_from: str


@dataclass(frozen=True)
class PlanVersions:
    """Lists versions without their contents. All methods raise StoreUnavailable."""

    client: DynamoDBClient
    table: str

    def in_force(self, plan_id: str, moment: str) -> PlanVersion | None:
        """Return the version that applies at `moment` (canonical text), or None if there is none yet."""
        return next(self._versions(plan_id, "<=", moment, newest_first=True), None)

    def later(self, plan_id: str, moment: str) -> Iterator[PlanVersion]:
        """Yield the versions that apply after `moment`, earliest first."""
        return self._versions(plan_id, ">", moment, newest_first=False)

    def ids(self) -> Iterator[str]:
        """Yield the ids of all plans."""
        items = items_of(
            self.client,
            "query",
            "listing the price plans",
            TableName=self.table,
            KeyConditionExpression="plan_key = :all",
            ExpressionAttributeValues={":all": {"S": _ALL}},
        )
        return (item["valid_from"]["S"] for item in items)

    def _versions(
        self, plan_id: str, compared: str, moment: str, *, newest_first: bool
    ) -> Iterator[PlanVersion]:
        items = items_of(
            self.client,
            "query",
            f"reading the versions of price plan {plan_id}",
            TableName=self.table,
            KeyConditionExpression=f"plan_key = :plan AND valid_from {compared} :moment",
            ExpressionAttributeValues={
                ":plan": {"S": f"plan#{plan_id}"},
                ":moment": {"S": f"{moment}#{_AFTER_ALL_NUMBERS}"},
            },
            ProjectionExpression="valid_from, version",
            ScanIndexForward=not newest_first,
            ConsistentRead=True,
            PaginationConfig={"PageSize": 1 if newest_first else 100},
        )
        return (_version(plan_id, item) for item in items)


@dataclass(frozen=True)
class PricePlans(PlanVersions):
    """Lists versions, and reads and writes their contents. All methods raise StoreUnavailable."""

    large_bodies: LargeBodies

    def add(self, plan_id: str, text: str, valid_from: str) -> PlanVersion:
        """Store a new version of the plan, and return it."""
        with store_errors(f"counting the versions of price plan {plan_id}"):
            answer = self.client.update_item(
                TableName=self.table,
                Key={"plan_key": {"S": _ALL}, "valid_from": {"S": plan_id}},
                UpdateExpression="ADD versions :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="UPDATED_NEW",
            )
        version = int(answer["Attributes"]["versions"]["N"])
        found = PlanVersion(plan_id, version, valid_from)
        item = {**_key(found), "version": {"N": str(version)}}
        item |= body_attributes(text, f"price-plans#{plan_id}", self.large_bodies)
        with store_errors(f"keeping version {version} of price plan {plan_id}"):
            self.client.put_item(TableName=self.table, Item=item)
        return found

    def text(self, version: PlanVersion) -> str:
        """Return the JSON text of a version."""
        with store_errors(f"reading version {version.version} of price plan {version.plan_id}"):
            item = self.client.get_item(TableName=self.table, Key=_key(version))["Item"]
        return read_body(item, self.large_bodies)


def _key(version: PlanVersion) -> dict[str, Any]:
    return {
        "plan_key": {"S": f"plan#{version.plan_id}"},
        "valid_from": {"S": f"{version.valid_from}#{version.version:09}"},
    }


def _version(plan_id: str, item: Item) -> PlanVersion:
    valid_from = str(item["valid_from"]["S"]).partition("#")[0]
    return PlanVersion(plan_id, int(item["version"]["N"]), valid_from)
