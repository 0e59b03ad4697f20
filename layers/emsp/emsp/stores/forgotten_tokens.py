"""Tokens whose later pushes are to be kept without their driver: a keyed hash of each, and no uid.

Items of the control table: `forgotten_tokens`, with the `hash_key` (random, drawn with the first of them),
and for each token `forgotten_token#<HMAC-SHA256 of its token_key>`, with the `pseudonym` that stands for it
and `expires_at`. As long as nobody was forgotten so, a Lambda looks for the first item once a minute and for
no other; from then on it reads one item for each push.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from emsp.stores.lapse import EXPIRES_AT, lapses_at
from emsp.stores.table import Item, store_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR: Final = timedelta(days=400)
PSEUDONYM: Final = "FORGOTTEN-"
"""How a pseudonym begins."""
LOOK_EVERY_S: Final = 60.0
"""How long a Lambda goes on believing that nobody was forgotten so."""


class ForgottenTokens:
    """Reads and writes them. No error names a uid. Raises StoreUnavailable."""

    def __init__(
        self, client: "DynamoDBClient", table: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._hash_key: str | None = None
        self._looked_at = -LOOK_EVERY_S

    def pseudonym_of(self, token_key: str) -> str | None:
        """What is to stand for the token of this key (`IN#EMS#UID`); None for one that nobody forgot."""
        hash_key = self._known_hash_key()
        if hash_key is None:
            return None
        item = self._item(_key(hash_key, token_key))
        if not item or int(item[EXPIRES_AT]["N"]) < datetime.now(UTC).timestamp():
            return None
        return str(item["pseudonym"]["S"])

    def mark(self, token_key: str, pseudonym: str, now: datetime) -> None:
        """From now on this pseudonym stands for the token, for KEPT_FOR. Lambdas learn of the first such mark
        within LOOK_EVERY_S, of any other at once.
        """
        with store_errors("drawing the key of forgotten tokens"):
            answer = self._client.update_item(
                TableName=self._table,
                Key={"control_key": {"S": "forgotten_tokens"}},
                UpdateExpression="SET hash_key = if_not_exists(hash_key, :drawn)",
                ExpressionAttributeValues={":drawn": {"S": secrets.token_hex(32)}},
                ReturnValues="ALL_NEW",
            )
        item: dict[str, Any] = {
            "control_key": {"S": _key(answer["Attributes"]["hash_key"]["S"], token_key)},
            "pseudonym": {"S": pseudonym},
            EXPIRES_AT: lapses_at(now, KEPT_FOR),
        }
        with store_errors("marking a token as forgotten"):
            self._client.put_item(TableName=self._table, Item=item)

    def _known_hash_key(self) -> str | None:
        if self._hash_key is None and self._clock() - self._looked_at >= LOOK_EVERY_S:
            item = self._item("forgotten_tokens")
            self._hash_key = str(item["hash_key"]["S"]) if item else None
            self._looked_at = self._clock()
        return self._hash_key

    def _item(self, control_key: str) -> Item | None:
        with store_errors("looking for forgotten tokens"):
            answer = self._client.get_item(
                TableName=self._table, Key={"control_key": {"S": control_key}}, ConsistentRead=True
            )
        return answer.get("Item")


def _key(hash_key: str, token_key: str) -> str:
    digest = hmac.new(bytes.fromhex(hash_key), token_key.encode(), hashlib.sha256)
    return f"forgotten_token#{digest.hexdigest()}"
