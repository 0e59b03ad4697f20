"""The keys of sessions, CDRs and commands, from the indexes of their tables: by token, by day, or all that
wait.

To continue a list, a reader passes the last key that it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from emsp.stores.awaited import all_awaits
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import items_of

ANY_TIME: Final = ("0000", "9999-12-31T99")


class Listed(StrEnum):
    """The kind of object in an index range."""

    SESSION = "session"
    CDR = "cdr"
    COMMAND = "command"


@dataclass(frozen=True)
class IndexedKey:
    """An entry of an index: the key of the item, and the value by which the index sorts it."""

    key: str
    at: str


@dataclass(frozen=True)
class IndexRange:
    """A range of an index: its hash is `value`, and its sort key is from `low` to before `high`."""

    listed: Listed
    table: str
    index: str
    hash_name: str
    value: str
    range_name: str
    low: str
    high: str

    @property
    def key_name(self) -> str:
        return "command_id" if self.listed is Listed.COMMAND else "object_key"


@dataclass(frozen=True)
class ChargeIndexes:
    """The indexes of the three tables. Times are canonical texts. Reading raises StoreUnavailable."""

    client: DynamoDBClient
    sessions_table: str
    """Not used by `cdrs_of_token`."""
    cdrs_table: str
    commands_table: str = ""
    """Used only by `waiting` and `commands_of_token`."""

    def of_token(self, token_key: str, start: str, end: str) -> list[IndexRange]:
        """Return the ranges of the token's sessions that began, and its CDRs that ended, from `start` to
        before `end`.
        """
        return [
            IndexRange(
                Listed.SESSION,
                self.sessions_table,
                "by_token",
                "token_key",
                token_key,
                "start_date_time",
                start,
                end,
            ),
            self.cdrs_of_token(token_key, start, end),
        ]

    def cdrs_of_token(self, token_key: str, start: str, end: str) -> IndexRange:
        """Return the range of the token's CDRs that ended from `start` to before `end`."""
        return IndexRange(
            Listed.CDR, self.cdrs_table, "by_token", "token_key", token_key, "end_date_time", start, end
        )

    def commands_of_token(self, token_key: str, start: str, end: str) -> IndexRange:
        """Return the range of the token's commands from `start` to before `end`."""
        return IndexRange(
            Listed.COMMAND, self.commands_table, "by_token", "token_key", token_key, "created_at", start, end
        )

    def of_days(self, start: str, end: str) -> list[IndexRange]:
        """Return the ranges of all sessions that began, and all CDRs that ended, from `start` to before
        `end`.
        """
        first, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
        days = [(first + timedelta(days=each)).isoformat() for each in range((last - first).days + 1)]
        return [
            IndexRange(listed, table, "by_day", day_name, day, time_name, start, end)
            for listed, table, day_name, time_name in (
                (Listed.SESSION, self.sessions_table, "start_day", "start_date_time"),
                (Listed.CDR, self.cdrs_table, "end_day", "end_date_time"),
            )
            for day in days
        ]

    def waiting(self) -> list[IndexRange]:
        """Return the ranges of sessions and commands that wait, including those reported as overdue."""
        return [
            IndexRange(listed, table, "by_awaited", "awaits", awaits, "awaits_since", *ANY_TIME)
            for listed, table in (
                (Listed.SESSION, self.sessions_table),
                (Listed.COMMAND, self.commands_table),
            )
            for awaits in all_awaits()
        ]

    def keys(
        self, part: IndexRange, after: IndexedKey | None, *, newest_first: bool = False
    ) -> Iterator[IndexedKey]:
        """Yield the entries of a range after the entry `after`, in the index's order (eventually
        consistent).
        """
        request: dict[str, Any] = {
            "TableName": part.table,
            "IndexName": part.index,
            "ScanIndexForward": not newest_first,
            "KeyConditionExpression": "#hash = :hash AND #range BETWEEN :low AND :high",
            "ProjectionExpression": "#key, #range",
            "ExpressionAttributeNames": {
                "#hash": part.hash_name,
                "#range": part.range_name,
                "#key": part.key_name,
            },
            "ExpressionAttributeValues": {
                ":hash": {"S": part.value},
                ":low": {"S": part.low},
                ":high": {"S": part.high},
            },
        }
        if after is not None:
            request["ExclusiveStartKey"] = {
                part.hash_name: {"S": part.value},
                part.range_name: {"S": after.at},
                part.key_name: {"S": after.key},
            }
        doing = f"looking for {part.listed}s by {part.hash_name}"
        for item in items_of(self.client, "query", doing, **request):
            found = IndexedKey(item[part.key_name]["S"], item[part.range_name]["S"])
            if found.at < part.high:
                yield found
