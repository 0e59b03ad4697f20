"""Count how often a driver calls the Hub, for a limit per minute.

Item of the control table for each driver and minute: hash `control_key` = `driver_calls#<SHA-256 of the
token_key>#<minute>`, `calls`, `expires_at`. The item contains no name or uid, and expires soon.
"""

import hashlib
from datetime import datetime, timedelta

from emsp.stores.attributes import attributes
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed


class DriverCalls:
    """Counts calls. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table)

    def count(self, token_key: str, at_most: int, now: datetime) -> bool:
        """Count one call. Return False if there have been `at_most` calls in this minute."""
        minute = now.strftime("%Y-%m-%dT%H:%M")
        driver = hashlib.sha256(token_key.encode()).hexdigest()
        expires = int((now + timedelta(minutes=10)).timestamp())
        try:
            self._items.update(
                f"driver_calls#{driver}#{minute}",
                "counting a driver's calls",
                f"SET {EXPIRES_AT} = :expires ADD calls :one",
                attributes({":one": 1, ":most": at_most, ":expires": expires}),
                condition="attribute_not_exists(calls) OR calls < :most",
            )
        except ConditionFailed:
            return False
        return True
