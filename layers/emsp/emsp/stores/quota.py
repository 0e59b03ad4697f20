"""The clock that all callers of one Hub module share: one item of the control table for each module.

Item: hash `control_key` = `quota#<module>`; `tat_ms` (where the next evenly spaced request would go) and
`hold_until_ms` (nobody sends before), whole milliseconds since 1970. Every step is one conditional write,
so that any number of callers agree without reading first. Each module has an item of its own: pulls can't
take from real time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emsp.stores.table import ConditionFailed, Item, store_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FORGIVEN_MS: Final = 60_000
"""A hold that ended longer ago than this is no reason to hold longer next time."""


@dataclass(frozen=True)
class QuotaSlot:
    """A taken place (`granted`), or the clock as it stood when there was none."""

    granted: bool
    tat_ms: int


class QuotaStore:
    """Moves the shared clocks. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, module: str, *, now_ms: int, step_ms: int, most_ahead_ms: int) -> QuotaSlot:
        """Move the clock on by one step if it is at most `most_ahead_ms` ahead of now; `tat_ms` is as
        before it.
        """
        while True:
            try:
                new = self._update(
                    module,
                    "SET tat_ms = tat_ms + :step",
                    "tat_ms BETWEEN :now AND :latest",
                    {":step": step_ms, ":now": now_ms, ":latest": now_ms + most_ahead_ms},
                )
                return QuotaSlot(granted=True, tat_ms=_number(new, "tat_ms") - step_ms)
            except ConditionFailed as failed:
                tat_ms = _number(failed.item or {}, "tat_ms")
            if tat_ms > now_ms + most_ahead_ms:
                return QuotaSlot(granted=False, tat_ms=tat_ms)
            try:
                self._update(
                    module,
                    "SET tat_ms = :next",
                    "attribute_not_exists(tat_ms) OR tat_ms < :now",
                    {":next": now_ms + step_ms, ":now": now_ms},
                )
                return QuotaSlot(granted=True, tat_ms=now_ms)
            except ConditionFailed:
                continue

    def held_until_ms(self, module: str) -> int:
        """Until when nobody sends; zero when nothing is held."""
        return _number(self._read(module), "hold_until_ms")

    def hold(self, module: str, *, now_ms: int, until_ms: int, tat_ms: int) -> None:
        """Move hold and clock to at least these times."""
        length_ms = until_ms - now_ms
        self._raise_to(
            module, "hold_until_ms", until_ms, ", hold_length_ms = :length", {":length": length_ms}
        )
        self._raise_to(module, "tat_ms", tat_ms, "", {})

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int, ahead_ms: int) -> int:
        """Hold twice as long as the hold that ended just now, else `first_ms`. Returns when the hold ends.

        Callers that were under way together count as one: while a hold lasts, it is not made longer.
        """
        item = self._read(module)
        held_until_ms = _number(item, "hold_until_ms")
        if held_until_ms > now_ms:
            return held_until_ms
        again = now_ms - held_until_ms < FORGIVEN_MS
        length_ms = min(longest_ms, 2 * _number(item, "hold_length_ms")) if again else first_ms
        until_ms = now_ms + max(first_ms, length_ms)
        self.hold(module, now_ms=now_ms, until_ms=until_ms, tat_ms=until_ms + ahead_ms)
        return until_ms

    def _read(self, module: str) -> Item:
        with store_errors(f"reading the quota of {module}"):
            answer = self._client.get_item(
                TableName=self._table, Key={"control_key": {"S": f"quota#{module}"}}, ConsistentRead=True
            )
        return answer.get("Item", {})

    def _raise_to(self, module: str, name: str, value: int, more: str, values: dict[str, int]) -> None:
        try:
            self._update(
                module,
                f"SET {name} = :value{more}",
                f"attribute_not_exists({name}) OR {name} < :value",
                {":value": value, **values},
            )
        except ConditionFailed:
            return

    def _update(self, module: str, update: str, condition: str, values: dict[str, int]) -> Item:
        with store_errors(f"moving the quota of {module}"):
            return self._client.update_item(
                TableName=self._table,
                Key={"control_key": {"S": f"quota#{module}"}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
