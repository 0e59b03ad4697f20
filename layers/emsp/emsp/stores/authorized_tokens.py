"""The last authorization of each token.

If it was ALLOWED, a command can name the token by its uid. Item of the control table: hash `control_key` =
`authorized_token#IN*EMS*UID`, `token` (OCPI's Token as JSON text), `token_until`, `refused`, `refused_at` and
`expires_at`. The token contains a driver's contract, so it is used for a few days only. A refusal is stored
for REFUSED_KEPT_FOR.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from emsp.ocpi.json_text import JsonObject, as_object, dump_json, parse_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.stores.attributes import attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import store_errors

KEPT_FOR: Final = timedelta(days=7)
REFUSED_KEPT_FOR: Final = timedelta(days=90)
"""How long a refusal is stored. A charge after it may show a copied token, and its CDR may come weeks
later.
"""


class Refusal(NamedTuple):
    """The last authorization of a token, if it was not ALLOWED: its answer and its time."""

    allowed: str
    at: datetime


class AuthorizedTokens:
    """Reads and writes these items. No error message contains a uid. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, party: PartyId, token_uid: str, token: JsonObject, now: datetime) -> None:
        """Store the token from an authorization at `now`."""
        until = int((now + KEPT_FOR).timestamp())
        with store_errors("storing an authorized token"):
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
        """Record a refusal at `now`. The stored token remains. The next ALLOWED removes the refusal."""
        with store_errors("storing the refusal of a token"):
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
        """Return the last refusal, or None if the last answer was ALLOWED or if there was none."""
        item = self._item(party, token_uid)
        if "refused" not in item:
            return None
        return Refusal(str(item["refused"]), datetime.fromisoformat(item["refused_at"]))

    def read(self, party: PartyId, token_uid: str, now: datetime) -> JsonObject:
        """Return OCPI's Token, or an empty object if no recent authorization allowed it."""
        item = self._item(party, token_uid)
        if not item or item.get("token_until", 0) < now.timestamp():
            return {}
        return as_object(parse_json(item.get("token", "{}")))

    def _item(self, party: PartyId, token_uid: str) -> dict[str, Any]:
        with store_errors("reading an authorized token"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=attributes({"control_key": _key(party, token_uid)}),
                ConsistentRead=True,
            )
        return values_of(answer.get("Item", {}))

    def remove(self, party: PartyId, token_uid: str) -> bool:
        """Delete the token. Returns False if none was stored."""
        with store_errors("removing an authorized token"):
            answer = self._client.delete_item(
                TableName=self._table,
                Key={"control_key": {"S": _key(party, token_uid)}},
                ReturnValues="ALL_OLD",
            )
        return "Attributes" in answer


def _key(party: PartyId, token_uid: str) -> str:
    return f"authorized_token#{object_key(party.country_code, party.party_id, token_uid)}"
