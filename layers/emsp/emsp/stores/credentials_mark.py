"""A mark that changes when the Hub's credentials change, so that a warm Lambda reads them again.

Item of the control table: hash `control_key` = `hub_credentials`; `mark`, a random text. Reading the mark is
much cheaper than reading the secret, so each invocation that calls the Hub reads it. So no Lambda calls the
previous Hub after a new registration.
"""

from typing import Final
from uuid import uuid4

from emsp.stores.attributes import attributes
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import text_attribute

CONTROL_KEY: Final = "hub_credentials"


class CredentialsMark:
    """Reads and changes the mark. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table)

    def read(self) -> str:
        """Return the mark, or "" before the first registration."""
        item = self._items.read(CONTROL_KEY, "reading the mark of the Hub's credentials")
        return text_attribute(item, "mark") or ""

    def move(self) -> None:
        """Change the mark. Call this after each change of the credentials."""
        item = attributes({"control_key": CONTROL_KEY, "mark": str(uuid4())})
        self._items.put(item, "moving the mark of the Hub's credentials")
