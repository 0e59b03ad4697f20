"""The disputes table: one item for each case, with the key `dispute_id`.

Cases are never deleted, and entries are only added to their `history`: no function's role allows PutItem or
DeleteItem. `state` and the CDR's `end_date_time` are the keys of the index by_state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from emsp.stores.attributes import Value, attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import Item, items_of, store_errors

ENTRIES_AT_MOST = 100
"""From this number of entries on, only a new state adds an entry, because a CPO may send any number of
credits.
"""

type Stored = Mapping[str, Value]


@dataclass(frozen=True)
class Dispute:
    """A stored case.

    Times are canonical texts. `claimed`, `right` and `left` are amounts as JSON. `history` has the oldest
    entry first. `revision` is the number of changes.
    """

    dispute_id: str
    cdr_key: str
    country_code: str
    party_id: str
    cdr_id: str
    end_date_time: str
    state: str
    currency: str
    claimed: Stored
    right: Stored
    left: Stored
    verdict: str
    opened_at: str
    changed_at: str
    session_id: str | None = None
    likely_cause: str | None = None
    credits: tuple[str, ...] = ()
    """The keys of the CDRs that credit it."""
    reminded_at: str | None = None
    reminders: int = 0
    history: tuple[Stored, ...] = ()
    revision: int = 0


class DisputeStore:
    """Reads and writes cases. All methods raise StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table, "dispute_id")

    def get(self, dispute_id: str) -> Dispute | None:
        """Return the case (consistent read), or None if there is none."""
        return from_item(self._items.read(dispute_id, f"reading dispute {dispute_id}"))

    def keep(self, dispute: Dispute, entry: Stored) -> Dispute:
        """Store a changed case, and add an entry to its history. Return the stored case.

        `dispute.revision` is the revision that was read, or 0 if there was no case. Raises ConditionFailed if
        the case has changed since then.
        """
        kept = replace(dispute, revision=dispute.revision + 1)
        values = {name: value for name, value in vars(kept).items() if name not in ("dispute_id", "history")}
        values |= {name: dict(values[name]) for name in ("claimed", "right", "left")}
        values["credits"] = [*kept.credits]
        last = kept.history[-1] if kept.history else None
        is_new = len(kept.history) < ENTRIES_AT_MOST or last is None or entry["state"] != last["state"]
        sets = [f"#{name} = :{name}" for name in values]
        names = {f"#{name}": name for name in values}
        given: dict[str, Any] = {f":{name}": value for name, value in values.items()}
        if is_new:
            sets.append("#history = list_append(if_not_exists(#history, :none), :entry)")
            names["#history"] = "history"
            given |= {":none": [], ":entry": [dict(entry)]}
        condition = "attribute_not_exists(dispute_id)"
        if dispute.revision:
            condition, given = "revision = :read", {**given, ":read": dispute.revision}
        self._items.update(
            dispute.dispute_id,
            f"writing dispute {dispute.dispute_id}",
            f"SET {', '.join(sets)}",
            attributes(given),
            condition=condition,
            names=names,
        )
        return replace(kept, history=(*kept.history, dict(entry))) if is_new else kept

    def in_state(
        self, state: str, start: str, end: str, after: tuple[str, str] | None = None
    ) -> Iterator[Dispute]:
        """Yield the cases in a state whose CDRs ended from `start` to before `end`, earliest first.

        `after` is the dispute_id and the end_date_time of a case; only cases after it are returned. Times are
        canonical texts.
        """
        begin: dict[str, Any] = {}
        if after is not None:
            key = {"dispute_id": after[0], "end_date_time": after[1], "state": state}
            begin["ExclusiveStartKey"] = attributes(key)
        for item in items_of(
            self._items.client,
            "query",
            f"reading the disputes that are {state}",
            TableName=self._items.table,
            IndexName="by_state",
            KeyConditionExpression="#state = :state AND end_date_time BETWEEN :start AND :end",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=attributes({":state": state, ":start": start, ":end": end}),
            **begin,
        ):
            found = from_item(item)
            if found is not None and found.end_date_time < end:
                yield found

    def made_at(self) -> datetime:
        """Return when the table was created. Older CDRs have no cases."""
        with store_errors("asking when the disputes table was made"):
            described = self._items.client.describe_table(TableName=self._items.table)
        return described["Table"]["CreationDateTime"]


def from_item(item: Item | None) -> Dispute | None:
    """Return the case in an item, or None. The item may be an image of the table's stream."""
    if not item:
        return None
    values = values_of(item)
    for name in ("revision", "reminders"):
        values[name] = int(values[name])
    for name in ("credits", "history"):
        values[name] = tuple(values.get(name, ()))
    return Dispute(**values)
