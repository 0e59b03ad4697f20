"""What the last authorization that allowed a token said of it, so that a command can name it by its uid.

Item of the control table: hash `control_key` = `authorized_token#IN*EMS*UID`, `token` (OCPI's Token as JSON
text), `expires_at`. It holds a driver's contract, so it is kept no longer than a few days.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from emsp.ocpi.json_text import JsonObject, dump_json, parse_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.stores.attributes import attributes, values_of
from emsp.stores.table import store_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR: Final = timedelta(days=7)


class AuthorizedTokens:
    """Reads and writes them. No error names a uid. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, party: PartyId, token_uid: str, token: JsonObject, now: datetime) -> None:
        """This is what the token was said to be, now."""
        with store_errors("keeping an authorized token"):
            self._client.put_item(
                TableName=self._table,
                Item=attributes(
                    {
                        "control_key": _key(party, token_uid),
                        "token": dump_json(token),
                        "expires_at": int((now + KEPT_FOR).timestamp()),
                    }
                ),
            )

    def read(self, party: PartyId, token_uid: str, now: datetime) -> JsonObject:
        """OCPI's Token, empty when it was not allowed lately."""
        with store_errors("reading an authorized token"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=attributes({"control_key": _key(party, token_uid)}),
                ConsistentRead=True,
            )
        item = values_of(answer.get("Item", {}))
        if not item or item["expires_at"] < now.timestamp():
            return {}
        token = parse_json(item.get("token", "{}"))
        return token if isinstance(token, dict) else {}

    def remove(self, party: PartyId, token_uid: str) -> bool:
        """Keep nothing of the token any more. False where nothing was kept."""
        with store_errors("removing an authorized token"):
            answer = self._client.delete_item(
                TableName=self._table,
                Key={"control_key": {"S": _key(party, token_uid)}},
                ReturnValues="ALL_OLD",
            )
        return "Attributes" in answer


def _key(party: PartyId, token_uid: str) -> str:
    return f"authorized_token#{object_key(party.country_code, party.party_id, token_uid)}"
