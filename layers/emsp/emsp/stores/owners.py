"""Find the owner of an object by its id.

The ids of locations and sessions are unique only within a CPO, so the index `by_id` (object_id) may have
several owners of an id.
"""

from emsp.ocpi.parties import PartyId
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import store_errors


class OwnerStore:
    """Finds the parties in one table that own an object with a given id."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def owners(self, object_id: str) -> list[PartyId]:
        """Return the parties that have an object with this id, at most two. Raises StoreUnavailable."""
        with store_errors(f"looking for the owner of {object_id}"):
            answer = self._client.query(
                TableName=self._table,
                IndexName="by_id",
                KeyConditionExpression="object_id = :id",
                ExpressionAttributeValues={":id": {"S": object_id.upper()}},
                ProjectionExpression="object_key",
                Limit=2,
            )
        keys = [item["object_key"]["S"].split("#", 2) for item in answer["Items"]]
        return [PartyId(country_code, party_id) for country_code, party_id, _ in keys]
