"""What sessions and commands wait for, in an index that contains only the items that wait.

The attribute `awaits` of an item says what it waits for, and a partition: `PUSH#3`. There are PARTS
partitions, so that none of the index's partitions is hot. `awaits_since` says since when. The index
`by_awaited` (awaits, awaits_since) finds the items that have waited too long.

When an item has been reported as overdue, its `awaits` becomes `OVERDUE#3`. `overdue` is then the kind of the
report, and `overdue_since` the `awaits_since` that was reported. The report is in force while `overdue_since`
equals `awaits_since`. The write of the awaited object changes or removes `awaits_since`, and ends the report.

Pushes of an active session do not move `awaits_since`, because each change of the index costs two writes. The
item stores the time of its last push. `as_it_stands` reads that time only for the items that seem to have
waited too long, and `wait_on` then updates the index.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from zlib import crc32

from emsp.stores.attributes import attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import ConditionFailed, Item, items_of, store_errors, text_attribute, time_text

PARTS: Final = 8
REPORTED: Final = "OVERDUE"
"""The value in `awaits` of an item that is still awaited and has been reported as overdue."""


class Awaits(StrEnum):
    """What an item waits for."""

    START = "START"
    """A session that is PENDING waits to become ACTIVE."""
    PUSH = "PUSH"
    """A session that is ACTIVE waits for its next push."""
    CDR = "CDR"
    """A session that has ended waits for its CDR."""
    SESSION = "SESSION"
    """An accepted START_SESSION, or a CDR, waits for its session."""


def awaits_attribute(awaits: Awaits | str, key: str) -> str:
    """The value of `awaits` for the item with this key."""
    return f"{awaits}#{crc32(key.encode()) % PARTS}"


def all_awaits() -> list[str]:
    """Every possible value of `awaits`."""
    return [f"{awaits}#{part}" for awaits in (*Awaits, REPORTED) for part in range(PARTS)]


def overdue_kind(item: Item | None) -> str | None:
    """The kind of the overdue report that is in force for this item, or None."""
    if not item or "overdue" not in item:
        return None
    in_force = text_attribute(item, "overdue_since") == text_attribute(item, "awaits_since")
    return text_attribute(item, "overdue") if in_force else None


class OverdueReport(NamedTuple):
    """An overdue report that is in force: its kind, and since when the item has waited."""

    kind: str
    since: str


def overdue_of(item: Item | None) -> OverdueReport | None:
    """The overdue report that is in force for this item, or None."""
    kind = overdue_kind(item)
    return OverdueReport(kind, item["overdue_since"]["S"]) if item and kind else None


class Awaiting(NamedTuple):
    """An item that waits, as the index shows it."""

    key: str
    awaits: Awaits
    since: str
    came: str | None = None
    """When the item's last push came, for what comes repeatedly. None until as_it_stands has read it."""

    @property
    def waits_since(self) -> str:
        """Since when the item has really waited: since its last push, if that is later than the index
        says.
        """
        return max(self.since, time_text(datetime.fromisoformat(self.came))) if self.came else self.since


class AwaitedStore(NamedTuple):
    """The items of one table that wait. Every method raises StoreUnavailable.

    `settled_by` maps each awaited thing to the attribute that exists once it has come. `only` are the
    attribute values that an item must have to wait at all. `comes_again` maps each thing that comes
    repeatedly to two attributes: the time when it last came, and the time when the wait began.
    """

    client: DynamoDBClient
    table: str
    key_name: str
    settled_by: Mapping[Awaits, str]
    only: Mapping[str, str] = MappingProxyType({})
    comes_again: Mapping[Awaits, tuple[str, str]] = MappingProxyType({})

    def due(self, awaits: Awaits, until: datetime) -> Iterator[Awaiting]:
        """The items that have waited for this since `until` or longer (eventually consistent)."""
        for part in range(PARTS):
            items = items_of(
                self.client,
                "query",
                f"looking for items that wait for {awaits}",
                TableName=self.table,
                IndexName="by_awaited",
                KeyConditionExpression="awaits = :awaits AND awaits_since <= :until",
                ExpressionAttributeValues=attributes(
                    {":awaits": f"{awaits}#{part}", ":until": time_text(until)}
                ),
            )
            for item in map(values_of, items):
                yield Awaiting(item[self.key_name], awaits, item["awaits_since"])

    def as_it_stands(self, waiting: Awaiting) -> Awaiting:
        """The same item, with the time when the awaited thing last came if it comes repeatedly (consistent
        read).
        """
        if waiting.awaits not in self.comes_again:
            return waiting
        came, _ = self.comes_again[waiting.awaits]
        with store_errors(f"reading the last push of {waiting.key}"):
            answer = self.client.get_item(
                TableName=self.table, Key=attributes({self.key_name: waiting.key}), ConsistentRead=True
            )
        return replace(waiting, came=text_attribute(answer.get("Item", {}), came))

    def wait_on(self, waiting: Awaiting) -> None:
        """Move the item in the index to its real `waits_since`. `due` finds it again when it has waited too
        long from then on.
        """
        _, began = self.comes_again[waiting.awaits]
        with suppress(ConditionFailed):  # it waits for something else now
            self._update(
                waiting,
                "SET awaits_since = :now_since, #began = :now_since",
                "",
                {"#began": began},
                {":now_since": waiting.waits_since},
            )

    def report(self, waiting: Awaiting, kind: str) -> bool:
        """Record that this item is overdue. `due` does not find it again.

        Returns False if it was recorded already, if the awaited thing has just come, or if it is not awaited
        any more.
        """
        names, values = self._wanted(waiting)
        update = "SET overdue = :kind, overdue_since = :waited, awaits_since = :waited, awaits = :reported"
        rules = ["attribute_not_exists(#settled)", *(f"#{name} = :{name}" for name in self.only)]
        rules.append("(attribute_not_exists(overdue_since) OR overdue_since <> :waited)")
        if waiting.awaits in self.comes_again:
            came, began = self.comes_again[waiting.awaits]
            names |= {"#came": came, "#began": began}
            values[":came"] = str(waiting.came)
            rules.append("#came = :came")
            update += " REMOVE #began"  # the next push begins a new wait
        values |= {
            ":kind": kind,
            ":reported": awaits_attribute(REPORTED, waiting.key),
            ":waited": waiting.waits_since,
        }
        try:
            self._update(waiting, update, " AND ".join(rules), names, values)
        except ConditionFailed:
            self._forget(waiting)
            return False
        return True

    def _wanted(self, waiting: Awaiting) -> tuple[dict[str, str], dict[str, str]]:
        """Names and values for a condition that the item is still awaited."""
        names = {"#settled": self.settled_by[waiting.awaits], **{f"#{name}": name for name in self.only}}
        return names, {f":{name}": value for name, value in self.only.items()}

    def _forget(self, waiting: Awaiting) -> None:
        try:
            self._update(
                waiting,
                "SET awaits = :reported",
                "attribute_not_exists(#settled) AND overdue_since = :since",
                {"#settled": self.settled_by[waiting.awaits]},
                {":reported": awaits_attribute(REPORTED, waiting.key)},
            )
        except ConditionFailed:
            self._take_out(waiting)

    def _take_out(self, waiting: Awaiting) -> None:
        names, values = self._wanted(waiting)
        rules = ["attribute_exists(#settled)", *(f"#{name} <> :{name}" for name in self.only)]
        with suppress(ConditionFailed):  # it waits for something else now, or still waits
            self._update(waiting, "REMOVE awaits", f"({' OR '.join(rules)})", names, values)

    def _update(
        self,
        waiting: Awaiting,
        update: str,
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, str],
    ) -> None:
        unchanged = "awaits = :awaits AND awaits_since = :since"
        request: dict[str, Any] = {
            "TableName": self.table,
            "Key": attributes({self.key_name: waiting.key}),
            "UpdateExpression": update,
            "ConditionExpression": f"{unchanged} AND {condition}" if condition else unchanged,
            "ExpressionAttributeValues": attributes(
                {
                    **values,
                    ":awaits": awaits_attribute(waiting.awaits, waiting.key),
                    ":since": waiting.since,
                }
            ),
        }
        if names:
            request["ExpressionAttributeNames"] = names
        with store_errors(f"recording that {waiting.key} is overdue"):
            self.client.update_item(**request)
