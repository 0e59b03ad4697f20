"""Find in the tables what has happened at least once, for the checklist before going live.

A table may have years of data. So the newest days are read first, and then a limited part of the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import Item, pages_of, store_errors, text_attribute

DAYS_LOOKED_AT: Final = 31
PAGES_AT_MOST: Final = 20
"""The largest number of pages of 1 MB that a scan reads if there is no index."""


@dataclass(frozen=True)
class Evidence:
    """Reads what has happened at least once. Raises StoreUnavailable."""

    client: DynamoDBClient
    sessions_table: str
    cdrs_table: str
    commands_table: str

    def last_session(self, now: datetime) -> dict[str, str] | None:
        """Return `{"id", "received_at", "country_code", "party_id"}` of the session that began last, or
        None.
        """
        return self._last(self.sessions_table, "start_day", now)

    def last_cdr(self, now: datetime) -> dict[str, str] | None:
        """Return the same for the CDR that ended last."""
        return self._last(self.cdrs_table, "end_day", now)

    def command(self, command: str) -> dict[str, str] | None:
        """Return a command of this type that a charge point accepted: `{"command_id", "decided_at", ...}`.

        If there is none, return the newest command in another state, or None.
        """
        found: dict[str, str] | None = None
        for item in self._scan(
            self.commands_table,
            "#command = :command",
            {":command": {"S": command}},
            ("command_id", "command", "state", "decided_at", "created_at", "session_id"),
        ):
            answered = {name: value for name in item if (value := text_attribute(item, name))}
            if answered.get("state") in ("ACCEPTED", "LATE_ACCEPTED"):
                return answered
            if found is None or answered.get("created_at", "") > found.get("created_at", ""):
                found = answered
        return found

    def authorization(self) -> dict[str, str] | None:
        """Return a command that was sent with an authorization_reference, or None."""
        for item in self._scan(
            self.commands_table,
            "attribute_exists(#authorization_reference)",
            {},
            ("command_id", "created_at", "authorization_reference"),
        ):
            return {name: value for name in item if (value := text_attribute(item, name))}
        return None

    def _last(self, table: str, day_attribute: str, now: datetime) -> dict[str, str] | None:
        for days in range(-1, DAYS_LOOKED_AT):
            day = (now - timedelta(days=days)).date().isoformat()
            with store_errors(f"reading the objects of {day}"):
                answer = self.client.query(
                    TableName=table,
                    IndexName="by_day",
                    KeyConditionExpression="#day = :day",
                    ExpressionAttributeNames={"#day": day_attribute},
                    ExpressionAttributeValues={":day": {"S": day}},
                    ScanIndexForward=False,
                    Limit=1,
                )
            for found in answer["Items"]:
                with store_errors("reading the object that came last"):
                    whole = self.client.get_item(TableName=table, Key={"object_key": found["object_key"]})
                return _object(whole.get("Item", found))
        older = self._scan(table, "attribute_exists(#received_at)", {}, ("object_key", "received_at"))
        return next((_object(item) for item in older), None)

    def _scan(
        self, table: str, condition: str, values: dict[str, Any], names: tuple[str, ...]
    ) -> Iterator[Item]:
        more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        pages = pages_of(
            self.client,
            "scan",
            f"looking through {table}",
            TableName=table,
            FilterExpression=condition,
            ProjectionExpression=", ".join(f"#{name}" for name in names),
            ExpressionAttributeNames={f"#{name}": name for name in names},
            **more,
        )
        return (item for page in islice(pages, PAGES_AT_MOST) for item in page["Items"])


def _object(item: Item) -> dict[str, str]:
    country_code, party_id, object_id = item["object_key"]["S"].split("#", 2)
    return {
        "country_code": country_code,
        "party_id": party_id,
        "id": object_id,
        "received_at": text_attribute(item, "received_at") or "",
    }
