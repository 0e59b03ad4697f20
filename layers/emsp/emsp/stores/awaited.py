"""The sessions and commands that wait for something, in an index that contains no others.

An item waits if it has the attribute `awaits`. Its value is what the item waits for, and a partition, such as
`PUSH#3`. There are PARTS partitions, so that no partition of the index is hot. `awaits_since` is the start of
the wait. The index `by_awaited` (awaits, awaits_since) finds the items that have waited too long.

A report changes `awaits` to `OVERDUE#3`, sets `overdue` to the kind of the report, and sets `overdue_since`
to `awaits_since`. The report is valid while these two are equal. The arrival of the awaited object changes or
removes `awaits_since`, and so ends the report.

A push of an active session does not change `awaits_since`, because each change of the index costs two writes.
Instead the item has the time of its last push. `refreshed` reads that time for the items that seem to have
waited too long, and `wait_on` then updates the index.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from zlib import crc32

from emsp.stores.attributes import attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, Item, items_of, text_attribute, time_text

PARTS: Final = 8
REPORTED: Final = "OVERDUE"
"""The value of `awaits` after the item was reported as overdue."""


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
    """Return the value of `awaits` for the item with this key."""
    return f"{awaits}#{crc32(key.encode()) % PARTS}"


def all_awaits() -> list[str]:
    """Return every possible value of `awaits`."""
    return [f"{awaits}#{part}" for awaits in (*Awaits, REPORTED) for part in range(PARTS)]


def overdue_kind(item: Item | None) -> str | None:
    """Return the kind of the item's overdue report, or None if it has no valid report."""
    if not item or "overdue" not in item:
        return None
    in_force = text_attribute(item, "overdue_since") == text_attribute(item, "awaits_since")
    return text_attribute(item, "overdue") if in_force else None


class OverdueReport(NamedTuple):
    """A valid overdue report: its kind, and the start of the wait."""

    kind: str
    since: str


def overdue_of(item: Item | None) -> OverdueReport | None:
    """Return the item's overdue report, or None if it has no valid report."""
    kind = overdue_kind(item)
    return OverdueReport(kind, item["overdue_since"]["S"]) if item and kind else None


class Awaiting(NamedTuple):
    """An item that waits for something, with the values of the index."""

    key: str
    awaits: Awaits
    since: str
    came: str | None = None
    """The time of the last push, for an item that waits for repeated pushes. None until refreshed has read
    it.
    """

    @property
    def waits_since(self) -> str:
        """The true start of the wait: the last push, if that is later than `awaits_since`."""
        return max(self.since, time_text(datetime.fromisoformat(self.came))) if self.came else self.since


class AwaitedStore(NamedTuple):
    """The items of one table that wait. All methods raise StoreUnavailable.

    `settled_by` maps each awaited thing to an attribute that exists only after it has come. `only` are
    attribute values without which an item does not wait. `repeated` maps each thing that comes repeatedly,
    such as a push, to two attributes: the time when it last came, and the start of the wait.
    """

    client: DynamoDBClient
    table: str
    key_name: str
    settled_by: Mapping[Awaits, str]
    only: Mapping[str, str] = MappingProxyType({})
    repeated: Mapping[Awaits, tuple[str, str]] = MappingProxyType({})

    def due(self, awaits: Awaits, until: datetime) -> Iterator[Awaiting]:
        """Yield the items that have waited since `until` or longer (eventually consistent)."""
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

    def refreshed(self, waiting: Awaiting) -> Awaiting:
        """Return the item with the time of its last push, if it waits for pushes (consistent read)."""
        if waiting.awaits not in self.repeated:
            return waiting
        came, _ = self.repeated[waiting.awaits]
        item = self._items.read(waiting.key, f"reading the last push of {waiting.key}")
        return replace(waiting, came=text_attribute(item, came))

    def wait_on(self, waiting: Awaiting) -> None:
        """Set the item's `awaits_since` to its `waits_since`, so that `due` finds it at the right time."""
        _, began = self.repeated[waiting.awaits]
        with suppress(ConditionFailed):  # It waits for something else now.
            self._update(
                waiting,
                "SET awaits_since = :now_since, #began = :now_since",
                "",
                {"#began": began},
                {":now_since": waiting.waits_since},
            )

    def report(self, waiting: Awaiting, kind: str) -> bool:
        """Record that this item is overdue. `due` does not return it again.

        Return False if that was recorded before, or if the item does not wait any more.
        """
        names, values = self._wanted(waiting)
        update = "SET overdue = :kind, overdue_since = :waited, awaits_since = :waited, awaits = :reported"
        rules = ["attribute_not_exists(#settled)", *(f"#{name} = :{name}" for name in self.only)]
        rules.append("(attribute_not_exists(overdue_since) OR overdue_since <> :waited)")
        if waiting.awaits in self.repeated:
            came, began = self.repeated[waiting.awaits]
            names |= {"#came": came, "#began": began}
            values[":came"] = str(waiting.came)
            rules.append("#came = :came")
            update += " REMOVE #began"  # the next push starts a new wait
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
        """Return names and values for a condition that the item still waits."""
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
        with suppress(ConditionFailed):  # It waits for something else now, or still waits.
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
        read = {":awaits": awaits_attribute(waiting.awaits, waiting.key), ":since": waiting.since}
        self._items.update(
            waiting.key,
            f"recording that {waiting.key} is overdue",
            update,
            attributes({**values, **read}),
            condition=f"{unchanged} AND {condition}" if condition else unchanged,
            names=names,
        )

    @property
    def _items(self) -> KeyedItems:
        return KeyedItems(self.client, self.table, self.key_name)
