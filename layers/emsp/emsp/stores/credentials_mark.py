"""A mark that changes when the Hub's credentials change, so that a warm Lambda reads them again.

Item of the control table: hash `control_key` = `hub_credentials`; `mark`, a random text. Reading the mark is
much cheaper than reading the secret, so each invocation that calls the Hub reads it. So no Lambda calls the
previous Hub after a new registration.
"""

from typing import Final
from uuid import uuid4

from emsp.stores.attributes import attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import store_errors

CONTROL_KEY: Final = "hub_credentials"


class CredentialsMark:
    """Reads and changes the mark. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> str:
        """Return the mark, or "" before the first registration."""
        with store_errors("reading the mark of the Hub's credentials"):
            answer = self._client.get_item(
                TableName=self._table, Key=attributes({"control_key": CONTROL_KEY}), ConsistentRead=True
            )
        return str(values_of(answer.get("Item", {})).get("mark", ""))

    def move(self) -> None:
        """Change the mark. Call this after each change of the credentials."""
        with store_errors("moving the mark of the Hub's credentials"):
            self._client.put_item(
                TableName=self._table,
                Item=attributes({"control_key": CONTROL_KEY, "mark": str(uuid4())}),
            )
