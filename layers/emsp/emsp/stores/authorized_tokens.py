"""What the last authorization that allowed a token said of it, so that a command can name it by its uid; and
what one after it said that did not.

Item of the control table: hash `control_key` = `authorized_token#IN*EMS*UID`, `token` (OCPI's Token as JSON
text), `token_until`, `refused` and `refused_at`, `expires_at`. It holds a driver's contract, so it is used
for a few days only; that the token was refused is kept for REFUSED_KEPT_FOR.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from emsp.ocpi.json_text import JsonObject, dump_json, parse_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.stores.attributes import attributes, values_of
from emsp.stores.table import store_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR: Final = timedelta(days=7)
REFUSED_KEPT_FOR: Final = timedelta(days=90)
"""A charge after a refusal may be a copy of the token, and its CDR may come weeks later."""


@dataclass(frozen=True)
class Refusal:
    """What the last authorization answered other than ALLOWED, and when."""

    allowed: str
    at: datetime


class AuthorizedTokens:
    """Reads and writes them. No error names a uid. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, party: PartyId, token_uid: str, token: JsonObject, now: datetime) -> None:
        """This is what the token was said to be, now."""
        until = int((now + KEPT_FOR).timestamp())
        with store_errors("keeping an authorized token"):
            self._client.put_item(
                TableName=self._table,
                Item=attributes(
                    {
                        "control_key": _key(party, token_uid),
                        "token": dump_json(token),
                        "token_until": until,
                        "expires_at": until,
                    }
                ),
            )

    def note_refusal(self, party: PartyId, token_uid: str, allowed: str, now: datetime) -> None:
        """The token was not allowed, now. What it was said to be before stays; the next ALLOWED ends this."""
        with store_errors("noting that a token was refused"):
            self._client.update_item(
                TableName=self._table,
                Key=attributes({"control_key": _key(party, token_uid)}),
                UpdateExpression="SET refused = :refused, refused_at = :at, expires_at = :expires_at",
                ExpressionAttributeValues=attributes(
                    {
                        ":refused": allowed,
                        ":at": now.isoformat(),
                        ":expires_at": int((now + REFUSED_KEPT_FOR).timestamp()),
                    }
                ),
            )

    def refusal(self, party: PartyId, token_uid: str) -> Refusal | None:
        """The last answer, where it was not ALLOWED; None where it was, or where none is known."""
        item = self._item(party, token_uid)
        if "refused" not in item:
            return None
        return Refusal(str(item["refused"]), datetime.fromisoformat(item["refused_at"]))

    def read(self, party: PartyId, token_uid: str, now: datetime) -> JsonObject:
        """OCPI's Token, empty when it was not allowed lately."""
        item = self._item(party, token_uid)
        if not item or item.get("token_until", 0) < now.timestamp():
            return {}
        token = parse_json(item.get("token", "{}"))
        return token if isinstance(token, dict) else {}

    def _item(self, party: PartyId, token_uid: str) -> dict[str, Any]:
        with store_errors("reading an authorized token"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=attributes({"control_key": _key(party, token_uid)}),
                ConsistentRead=True,
            )
        return values_of(answer.get("Item", {}))

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
