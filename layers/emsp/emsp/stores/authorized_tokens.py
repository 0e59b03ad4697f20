"""The last authorization of each token.

If it was ALLOWED, a command can name the token by its uid. Item of the control table: hash `control_key` =
`authorized_token#IN*EMS*UID`, `token` (OCPI's Token as JSON text), `token_until`, `refused`, `refused_at` and
`expires_at`. The token contains a driver's contract, so it is used for a few days only. A refusal is stored
for REFUSED_KEPT_FOR.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from emsp.ocpi.json_text import JsonObject, as_object, dump_json, parse_json
from emsp.ocpi.parties import PartyId
from emsp.stores.attributes import Value, attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT
from emsp.stores.keyed_items import KeyedItems

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
        self._items = KeyedItems(client, table)

    def keep(self, party: PartyId, token_uid: str, token: JsonObject, now: datetime) -> None:
        """Store the token from an authorization at `now`."""
        until = int((now + KEPT_FOR).timestamp())
        item: dict[str, Value] = {"token": dump_json(token), "token_until": until, EXPIRES_AT: until}
        item["control_key"] = _key(party, token_uid)
        self._items.put(attributes(item), "storing an authorized token")

    def note_refusal(self, party: PartyId, token_uid: str, allowed: str, now: datetime) -> None:
        """Record a refusal at `now`. The stored token remains. The next ALLOWED removes the refusal."""
        expires = int((now + REFUSED_KEPT_FOR).timestamp())
        self._items.update(
            _key(party, token_uid),
            "storing the refusal of a token",
            f"SET refused = :refused, refused_at = :at, {EXPIRES_AT} = :expires",
            attributes({":refused": allowed, ":at": now.isoformat(), ":expires": expires}),
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
        return values_of(self._items.read(_key(party, token_uid), "reading an authorized token"))

    def remove(self, party: PartyId, token_uid: str) -> bool:
        """Delete the token. Returns False if none was stored."""
        return self._items.remove(_key(party, token_uid), "removing an authorized token")


def _key(party: PartyId, token_uid: str) -> str:
    return f"authorized_token#{party.key_of(token_uid)}"
