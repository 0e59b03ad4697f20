"""What sessions and commands wait for, in an index of its own that holds nothing else.

An item that waits has `awaits` (`PUSH#3`: what, and one of a few parts, so that no partition of the index is
hot) and `awaits_since`; index `by_awaited` (awaits, awaits_since) finds those that have waited too long and
reads no others. Once that was told, the item's `awaits` is `OVERDUE#3`, and it has `overdue` (the kind) and
`overdue_since`, the `awaits_since` that was told: what was told is in force as long as the two are the same,
and over with the very write of what was waited for, which moves or removes `awaits_since`.

What comes again and again does not move it, since each move costs two writes of the index: the item says when
it came last, which is read of those alone that seem to have waited too long (`as_it_stands`, `wait_on`).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from emsp.stores.attributes import attributes, values_of
from emsp.stores.table import ConditionFailed, Item, items_of, store_errors, text_attribute, time_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTS: Final = 8
TOLD: Final = "OVERDUE"
"""Stands in `awaits` for what is still waited for, and was told as overdue."""


class Awaits(StrEnum):
    """What an item waits for."""

    START = "START"
    """A session that is PENDING: to become ACTIVE."""
    PUSH = "PUSH"
    """A session that is ACTIVE: the next push."""
    CDR = "CDR"
    """A session that has ended: its CDR."""
    SESSION = "SESSION"
    """A START_SESSION that was accepted, or a CDR: its session."""


def awaits_attribute(awaits: Awaits | str, key: str) -> str:
    """The `awaits` of the item of this key."""
    return f"{awaits}#{crc32(key.encode()) % PARTS}"


def all_awaits() -> list[str]:
    """Every value of `awaits` that there may be."""
    return [f"{awaits}#{part}" for awaits in (*Awaits, TOLD) for part in range(PARTS)]


def told_overdue(item: Item | None) -> str | None:
    """The kind that was told of this item and is in force; None where there is none (any more)."""
    if not item or "overdue" not in item:
        return None
    in_force = text_attribute(item, "overdue_since") == text_attribute(item, "awaits_since")
    return text_attribute(item, "overdue") if in_force else None


@dataclass(frozen=True)
class ToldOverdue:
    """What was told of an item and is in force: the kind, and since when it waited."""

    kind: str
    since: str


def overdue_of(item: Item | None) -> ToldOverdue | None:
    """As told_overdue, with its time."""
    kind = told_overdue(item)
    return ToldOverdue(kind, item["overdue_since"]["S"]) if item and kind else None


@dataclass(frozen=True)
class Awaiting:
    """An item that waits, as the index showed it."""

    key: str
    awaits: Awaits
    since: str
    came: str | None = None
    """When what comes again and again came last, as the item has it."""

    @property
    def waits_since(self) -> str:
        """Since when it waits indeed."""
        return max(self.since, time_text(datetime.fromisoformat(self.came))) if self.came else self.since


@dataclass(frozen=True)
class AwaitedStore:
    """A table's items that wait. `settled_by` is for each thing the attribute that says that it is not waited
    for any more, `only` what an item must have to be waited for at all, `comes_again` for each thing that
    does the attribute with the time when it came last, and that with the time when it began to be waited for.
    Raises StoreUnavailable.
    """

    client: "DynamoDBClient"
    table: str
    key_name: str
    settled_by: Mapping[Awaits, str]
    only: Mapping[str, str] = field(default_factory=dict)
    comes_again: Mapping[Awaits, tuple[str, str]] = field(default_factory=dict)

    def due(self, awaits: Awaits, until: datetime) -> Iterator[Awaiting]:
        """Items that have waited for this since `until` or longer (eventually consistent)."""
        for part in range(PARTS):
            items = items_of(
                self.client,
                "query",
                f"looking for what waits for {awaits}",
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
        """With when it came last, where it comes again and again (consistent read)."""
        if waiting.awaits not in self.comes_again:
            return waiting
        came, _ = self.comes_again[waiting.awaits]
        with store_errors(f"looking when {waiting.key} was heard of"):
            answer = self.client.get_item(
                TableName=self.table, Key=attributes({self.key_name: waiting.key}), ConsistentRead=True
            )
        return replace(waiting, came=text_attribute(answer.get("Item", {}), came))

    def wait_on(self, waiting: Awaiting) -> None:
        """Have the index say since when it waits indeed: `due` finds it when it has waited from then on."""
        _, began = self.comes_again[waiting.awaits]
        with suppress(ConditionFailed):  # it waits for something else by now
            self._update(
                waiting,
                "SET awaits_since = :now_since, #began = :now_since",
                "",
                {"#began": began},
                {":now_since": waiting.waits_since},
            )

    def tell(self, waiting: Awaiting, kind: str) -> bool:
        """Note that this is overdue, once for each time that it waits; `due` finds it no more. False where
        it was told already, has come at this very moment, or is not waited for any more.
        """
        names, values = self._wanted(waiting)
        update = (
            "SET overdue = :kind, overdue_since = :told_since, awaits_since = :told_since, awaits = :told"
        )
        rules = ["attribute_not_exists(#settled)", *(f"#{name} = :{name}" for name in self.only)]
        rules.append("(attribute_not_exists(overdue_since) OR overdue_since <> :told_since)")
        if waiting.awaits in self.comes_again:
            came, began = self.comes_again[waiting.awaits]
            names |= {"#came": came, "#began": began}
            values[":came"] = str(waiting.came)
            rules.append("#came = :came")
            update += " REMOVE #began"  # what comes next begins a new wait
        values |= {
            ":kind": kind,
            ":told": awaits_attribute(TOLD, waiting.key),
            ":told_since": waiting.waits_since,
        }
        try:
            self._update(waiting, update, " AND ".join(rules), names, values)
        except ConditionFailed:
            self._forget(waiting)
            return False
        return True

    def _wanted(self, waiting: Awaiting) -> tuple[dict[str, str], dict[str, str]]:
        """Names and values for a condition on whether this is waited for at all."""
        names = {"#settled": self.settled_by[waiting.awaits], **{f"#{name}": name for name in self.only}}
        return names, {f":{name}": value for name, value in self.only.items()}

    def _forget(self, waiting: Awaiting) -> None:
        try:
            self._update(
                waiting,
                "SET awaits = :told",
                "attribute_not_exists(#settled) AND overdue_since = :since",
                {"#settled": self.settled_by[waiting.awaits]},
                {":told": awaits_attribute(TOLD, waiting.key)},
            )
        except ConditionFailed:
            self._take_out(waiting)

    def _take_out(self, waiting: Awaiting) -> None:
        names, values = self._wanted(waiting)
        rules = ["attribute_exists(#settled)", *(f"#{name} <> :{name}" for name in self.only)]
        with suppress(ConditionFailed):  # it waits for something else by now, or goes on waiting
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
        with store_errors(f"noting that {waiting.key} is overdue"):
            self.client.update_item(**request)
