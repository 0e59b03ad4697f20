"""Count how often a driver calls the Hub, for a limit per minute.

Item of the control table for each driver and minute: hash `control_key` = `driver_calls#<SHA-256 of the
token_key>#<minute>`, `calls`, `expires_at`. The item contains no name or uid, and expires soon.
"""

import hashlib
from datetime import datetime, timedelta

from emsp.stores.attributes import attributes
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT
from emsp.stores.table import ConditionFailed, store_errors


class DriverCalls:
    """Counts calls. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, token_key: str, at_most: int, now: datetime) -> bool:
        """Count one call. Return False if there have been `at_most` calls in this minute."""
        minute = now.strftime("%Y-%m-%dT%H:%M")
        driver = hashlib.sha256(token_key.encode()).hexdigest()
        try:
            with store_errors("counting a driver's calls"):
                self._client.update_item(
                    TableName=self._table,
                    Key=attributes({"control_key": f"driver_calls#{driver}#{minute}"}),
                    UpdateExpression="SET #expires = :expires ADD calls :one",
                    ConditionExpression="attribute_not_exists(calls) OR calls < :most",
                    ExpressionAttributeNames={"#expires": EXPIRES_AT},
                    ExpressionAttributeValues=attributes(
                        {
                            ":one": 1,
                            ":most": at_most,
                            ":expires": int((now + timedelta(minutes=10)).timestamp()),
                        }
                    ),
                )
        except ConditionFailed:
            return False
        return True
