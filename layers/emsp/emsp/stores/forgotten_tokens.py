"""The tokens of forgotten drivers. Their later pushes are stored with a pseudonym.

A token is stored as a keyed hash, without its uid. Items of the control table: `forgotten_tokens`, with the
random `hash_key`, which the first forgotten token creates; and for each token `forgotten_token#<HMAC-SHA256
of its token_key>`, with the `pseudonym` that replaces the uid, and `expires_at`. Before a token was
forgotten, a Lambda reads only the first item, once a minute. After that it reads one item for each push.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT, ttl_value
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import Item

KEPT_FOR: Final = timedelta(days=400)
PSEUDONYM: Final = "FORGOTTEN-"
"""The prefix of a pseudonym."""
LOOK_EVERY_S: Final = 60.0
"""For how many seconds a Lambda assumes that no token was forgotten before it reads again."""


class ForgottenTokens:
    """Reads and writes these items. No error message contains a uid. Raises StoreUnavailable."""

    def __init__(
        self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._items = KeyedItems(client, table)
        self._clock = clock
        self._hash_key: str | None = None
        self._looked_at = -LOOK_EVERY_S

    def pseudonym_of(self, token_key: str) -> str | None:
        """Return the pseudonym of the token with this key (`IN#EMS#UID`), or None if it was not forgotten."""
        hash_key = self._known_hash_key()
        if hash_key is None:
            return None
        item = self._item(_key(hash_key, token_key))
        if not item or int(item[EXPIRES_AT]["N"]) < datetime.now(UTC).timestamp():
            return None
        return str(item["pseudonym"]["S"])

    def mark(self, token_key: str, pseudonym: str, now: datetime) -> None:
        """Replace the token by this pseudonym in all later pushes, for KEPT_FOR.

        The first forgotten token takes effect within LOOK_EVERY_S, any other one at once.
        """
        first = self._items.update(
            "forgotten_tokens",
            "creating the hash key of forgotten tokens",
            "SET hash_key = if_not_exists(hash_key, :drawn)",
            {":drawn": {"S": secrets.token_hex(32)}},
            returns="ALL_NEW",
        )
        item = {
            "control_key": {"S": _key(first["hash_key"]["S"], token_key)},
            "pseudonym": {"S": pseudonym},
            EXPIRES_AT: ttl_value(now, KEPT_FOR),
        }
        self._items.put(item, "marking a token as forgotten")

    def _known_hash_key(self) -> str | None:
        if self._hash_key is None and self._clock() - self._looked_at >= LOOK_EVERY_S:
            item = self._item("forgotten_tokens")
            self._hash_key = str(item["hash_key"]["S"]) if item else None
            self._looked_at = self._clock()
        return self._hash_key

    def _item(self, control_key: str) -> Item:
        return self._items.read(control_key, "looking for forgotten tokens")


def _key(hash_key: str, token_key: str) -> str:
    digest = hmac.new(bytes.fromhex(hash_key), token_key.encode(), hashlib.sha256)
    return f"forgotten_token#{digest.hexdigest()}"
