"""The table of findings about misused tokens.

The key of a finding is derived from its charges, so a finding is stored once. `token_key` (`IN#EMS#UID`) and
`found_month` (`2026-11`) are the hash keys of two indexes, and `found_at` (canonical text) is their range
key. `body` is the finding as JSON text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT, ttl_value
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, Item, items_of, time_text

KEPT_FOR: Final = timedelta(days=400)
"""How long a finding is stored: as long as its charges, plus a month for late CDRs."""


@dataclass(frozen=True)
class StoredFinding:
    """A stored finding. `body` is JSON text."""

    finding_id: str
    found_at: str
    body: str

    @classmethod
    def from_item(cls, item: Item) -> "StoredFinding":
        """Return the finding in an item. The item may be an image of the table's stream."""
        return cls(*(str(item[name]["S"]) for name in ("finding_id", "found_at", "body")))


@dataclass(frozen=True)
class FindingStore:
    """Reads and writes findings. All methods raise StoreUnavailable."""

    client: DynamoDBClient
    table: str

    def add(self, finding_id: str, token_key: str, body: str, now: datetime) -> bool:
        """Store the finding. Return False if it is stored already."""
        found_at = time_text(now)
        try:
            KeyedItems(self.client, self.table, "finding_id").put(
                {
                    "finding_id": {"S": finding_id},
                    "token_key": {"S": token_key},
                    "found_month": {"S": found_at[:7]},
                    "found_at": {"S": found_at},
                    "body": {"S": body},
                    EXPIRES_AT: ttl_value(now, KEPT_FOR),
                },
                f"keeping finding {finding_id}",
                "attribute_not_exists(finding_id)",
            )
        except ConditionFailed:
            return False
        return True

    def of_token(self, token_key: str, start: str, end: str, most: int) -> list[StoredFinding]:
        """Return the token's findings from `start` to before `end` (canonical texts), earliest first, at most
        `most`.
        """
        return [*islice(self._found("by_token", "token_key", token_key, start, end), most)]

    def of_all(self, start: str, end: str, most: int) -> list[StoredFinding]:
        """Return the findings of all tokens from `start` to before `end`, earliest first, at most `most`."""
        found = (
            each
            for month in _months(start[:7], end[:7])
            for each in self._found("by_month", "found_month", month, start, end)
        )
        return [*islice(found, most)]

    def _found(self, index: str, name: str, value: str, start: str, end: str) -> Iterator[StoredFinding]:
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": "#hash = :hash AND found_at BETWEEN :start AND :end",
            "ExpressionAttributeNames": {"#hash": name},
            "ExpressionAttributeValues": {":hash": {"S": value}, ":start": {"S": start}, ":end": {"S": end}},
        }
        for item in items_of(self.client, "query", f"looking for findings by {name}", **request):
            found = StoredFinding.from_item(item)
            if found.found_at < end:
                yield found


def _months(first: str, last: str) -> Iterator[str]:
    year, month = map(int, first.split("-"))
    while (text := f"{year:04}-{month:02}") <= last:
        yield text
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
