"""A mark that moves whenever the Hub's credentials change, which tells warm Lambdas to read them again.

Item of the control table: hash `control_key` = `hub_credentials`; `mark`, any text. It costs a fraction of
reading the secret, so it is read at every invocation that calls the Hub: after a registration with another
Hub nobody goes on calling the old one.
"""

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from emsp.stores.attributes import attributes, values_of
from emsp.stores.table import store_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONTROL_KEY: Final = "hub_credentials"


class CredentialsMark:
    """Reads and moves the mark. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> str:
        """The mark as it stands now; empty before the first registration."""
        with store_errors("reading the mark of the Hub's credentials"):
            answer = self._client.get_item(
                TableName=self._table, Key=attributes({"control_key": CONTROL_KEY}), ConsistentRead=True
            )
        return str(values_of(answer.get("Item", {})).get("mark", ""))

    def move(self) -> None:
        """The credentials have changed."""
        with store_errors("moving the mark of the Hub's credentials"):
            self._client.put_item(
                TableName=self._table,
                Item=attributes({"control_key": CONTROL_KEY, "mark": str(uuid4())}),
            )
