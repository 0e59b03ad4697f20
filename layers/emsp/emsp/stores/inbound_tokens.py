"""The secret that holds the tokens the Hub may call us with: SHA-256 hashes, never the tokens themselves.

`{"tokens": [{"sha256": hex, "issued_at": time, "not_after": time or null, "speaks_for":
["IN*ABC", ...] or null}]}`, or `{}` before registration. `speaks_for` are the parties whose objects the
holder may push: the roles in its credentials, or null where it is a Hub, which speaks for every party behind
it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emsp.stores.table import StoreUnavailable, store_errors

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class InboundToken:
    """A token that we issued: accepted until `not_after`, or without end when that is None.

    `speaks_for` are the parties (`IN*ABC`) whose objects its holder may push; None: any, as it is a Hub's.
    """

    sha256: str
    issued_at: datetime
    not_after: datetime | None = None
    speaks_for: tuple[str, ...] | None = None


def hash_token(token: str) -> str:
    """The hex SHA-256 under which a token is stored and found."""
    return hashlib.sha256(token.encode()).hexdigest()


def spoken_for(roles: Iterable[Mapping[str, str]]) -> tuple[str, ...] | None:
    """The parties for whom the holder of these roles (`role`, `country_code`, `party_id`) may speak.

    None, which is any, where one of the roles is a Hub's: a Hub reports only itself.
    """
    parties: list[str] = []
    for role in roles:
        if role["role"].upper() == "HUB":
            return None
        parties.append(f"{role['country_code']}*{role['party_id']}".upper())
    return tuple(dict.fromkeys(parties)) or None


def with_new_token(
    tokens: Sequence[InboundToken],
    token: str,
    now: datetime,
    overlap: timedelta,
    speaks_for: tuple[str, ...] | None = None,
) -> tuple[InboundToken, ...]:
    """`tokens` with `token` added; those that had no end lapse after `overlap`, those that have lapsed are
    dropped.
    """
    digest = hash_token(token)
    kept = [
        replace(old, not_after=min(old.not_after or now + overlap, now + overlap))
        for old in tokens
        if old.sha256 != digest and (old.not_after is None or old.not_after > now)
    ]
    return (*kept, InboundToken(digest, now, speaks_for=speaks_for))


class InboundTokens:
    """Reads and writes that secret. Raises StoreUnavailable."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def read(self) -> tuple[InboundToken, ...]:
        """The stored tokens, those that have lapsed included; none before registration."""
        tokens = self._document().get("tokens", [])
        if not isinstance(tokens, list):
            raise StoreUnavailable(f'secret {self._secret_id}: "tokens" is no list; run register again')
        return tuple(
            InboundToken(
                sha256=token["sha256"],
                issued_at=datetime.fromisoformat(token["issued_at"]),
                not_after=datetime.fromisoformat(token["not_after"]) if token.get("not_after") else None,
                speaks_for=None if token.get("speaks_for") is None else tuple(token["speaks_for"]),
            )
            for token in tokens
        )

    def write(self, tokens: Sequence[InboundToken]) -> None:
        """Make `tokens` the ones that are accepted, in place of all before."""
        document = {
            "tokens": [
                {
                    "sha256": token.sha256,
                    "issued_at": token.issued_at.isoformat(),
                    "not_after": token.not_after.isoformat() if token.not_after else None,
                    "speaks_for": token.speaks_for,
                }
                for token in tokens
            ],
        }
        with store_errors(f"writing secret {self._secret_id}"):
            self._client.put_secret_value(SecretId=self._secret_id, SecretString=json.dumps(document))

    def _document(self) -> dict[str, object]:
        with store_errors(f"reading secret {self._secret_id}"):
            text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
        document = json.loads(text)
        if not isinstance(document, dict):
            raise StoreUnavailable(f"secret {self._secret_id} is no JSON object; run register again")
        return document
