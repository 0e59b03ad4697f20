"""The tokens with which the Hub may call us: SHA-256 hashes, never the tokens themselves.

Item of the control table: hash `control_key` = `inbound_tokens`; `tokens` (JSON text: `[{"sha256": hex,
"issued_at": time, "not_after": time or null, "kind": "LIVE", "speaks_for": ["IN*ABC", ...] or null,
"hub_parties": ["IN*CIH"], "may_repeat": hex}]`) and `revision`. Every write increments `revision`, so that of
two concurrent changes none is lost. There is no item before registration. `speaks_for` lists the parties
whose objects the caller may push: the roles in its credentials, or null for a Hub, which speaks for every
party behind it. `hub_parties` are that Hub's own parties.

The hashes are of random 256-bit strings, which nobody can reverse. So they need no secret, and a push reads
them with the same client that stores it.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.stores.client_types import AttributeValue, DynamoDBClient
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, Item, StoreUnavailable
from emsp.timeouts import TOKEN_ISSUED_S, TOKENS_CONFLICT

CONTROL_KEY: Final = "inbound_tokens"
ID_CHARACTERS: Final = 16


class InboundToken(NamedTuple):
    """A token that we issued. It is valid until `not_after`, or for ever if that is None.

    `speaks_for` lists the parties (`IN*ABC`) whose objects the caller may push; None allows all, as for a
    Hub. `hub_parties` are the caller's own parties. `may_repeat` is the hash of the credentials that the
    caller sent when this token was superseded or spent. A later exchange removes it.
    """

    sha256: str
    issued_at: datetime
    not_after: datetime | None = None
    speaks_for: tuple[str, ...] | None = None
    kind: TokenKind = TokenKind.LIVE
    hub_parties: tuple[str, ...] = ()
    may_repeat: str = ""

    @property
    def token_id(self) -> str:
        """The id of the token, for people. It is a part of the hash that is too short to find the token
        by.
        """
        return self.sha256[:ID_CHARACTERS]

    def ended(self, now: datetime) -> bool:
        return self.not_after is not None and self.not_after <= now


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token in hex. Only this is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def spoken_for(roles: Iterable[Mapping[str, str]]) -> tuple[str, ...] | None:
    """Return the parties for which a caller with these roles (`role`, `country_code`, `party_id`) may push.

    None means all. A caller with the role HUB may push for all, because a Hub lists only itself. Some Hubs
    have the role OTHER. A caller with it counts as a Hub, unless it also has the role CPO.
    """
    roles = list(roles)
    names = {role["role"].upper() for role in roles}
    if "HUB" in names or ("OTHER" in names and "CPO" not in names):
        return None
    parties = [f"{role['country_code']}*{role['party_id']}".upper() for role in roles]
    return tuple(dict.fromkeys(parties)) or None


def hubs_among(roles: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the parties for which these roles are a Hub's roles, not a CPO's or eMSP's."""
    named = [
        f"{role['country_code']}*{role['party_id']}".upper()
        for role in roles
        if role["role"].upper() not in ("CPO", "EMSP")
    ]
    return tuple(dict.fromkeys(named))


def superseded(
    tokens: Sequence[InboundToken], by: str, now: datetime, overlap: timedelta
) -> tuple[InboundToken, ...]:
    """Return `tokens` after the Hub has begun to use the token with hash `by`.

    The tokens that the Hub used before expire after `overlap`. Invitations and expired tokens are deleted. A
    valid token for probes remains unchanged.
    """
    kept = []
    for token in tokens:
        if token.sha256 == by or (token.kind is TokenKind.PROBE and not token.ended(now)):
            kept.append(token)
        elif token.kind in (TokenKind.LIVE, TokenKind.SUPERSEDED) and not token.ended(now):
            ends = min(token.not_after or now + overlap, now + overlap)
            kept.append(replace(token, kind=TokenKind.SUPERSEDED, not_after=ends, may_repeat=""))
    return tuple(kept)


def with_new_token(
    tokens: Sequence[InboundToken],
    token: str,
    now: datetime,
    overlap: timedelta,
    roles: Sequence[Mapping[str, str]] = (),
) -> tuple[InboundToken, ...]:
    """Return `tokens` with the new `token` for a caller with these `roles`.

    The tokens that the Hub used before expire after `overlap`.
    """
    new = InboundToken(hash_token(token), now, speaks_for=spoken_for(roles), hub_parties=hubs_among(roles))
    return (*superseded(tokens, new.sha256, now, overlap), new)


class InboundTokens:
    """Reads and changes the tokens. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table)

    def read(self) -> tuple[InboundToken, ...]:
        """Return the stored tokens (consistent read), including expired ones. There are none before
        registration.
        """
        return _tokens(self._item())

    def change(self, to: Callable[[tuple[InboundToken, ...]], Sequence[InboundToken]]) -> None:
        """Replace the stored tokens by `to(stored tokens)`.

        `to` is called again if another writer changed the tokens, or if the answer of AWS was lost. If a
        token was added, this method returns after TOKEN_ISSUED_S. By then every receiver accepts the token,
        so it can be sent to the Hub.
        """
        for _ in range(TOKENS_CONFLICT.tries):
            item = self._item()
            before = _tokens(item)
            after = to(before)
            try:
                self._write(after, seen_revision=item.get("revision"))
            except ConditionFailed:
                continue
            if {token.sha256 for token in after} - {token.sha256 for token in before}:
                time.sleep(TOKEN_ISSUED_S)
            return
        raise StoreUnavailable(
            "changing the inbound tokens: other writers changed them at every try; try again"
        )

    def _item(self) -> Item:
        return self._items.read(CONTROL_KEY, "reading the inbound tokens")

    def _write(self, tokens: Sequence[InboundToken], seen_revision: AttributeValue | None) -> None:
        seen: dict[str, AttributeValue] = {":seen": seen_revision} if seen_revision else {}
        documents = json.dumps([_document(token) for token in tokens])
        self._items.update(
            CONTROL_KEY,
            "writing the inbound tokens",
            "SET tokens = :tokens, revision = if_not_exists(revision, :zero) + :one",
            {":tokens": {"S": documents}, ":zero": {"N": "0"}, ":one": {"N": "1"}, **seen},
            condition="revision = :seen" if seen else "attribute_not_exists(control_key)",
        )


def _tokens(item: Item) -> tuple[InboundToken, ...]:
    if not item:
        return ()
    try:
        return tuple(
            InboundToken(
                sha256=token["sha256"],
                issued_at=datetime.fromisoformat(token["issued_at"]),
                not_after=datetime.fromisoformat(token["not_after"]) if token.get("not_after") else None,
                speaks_for=None if token.get("speaks_for") is None else tuple(token["speaks_for"]),
                kind=TokenKind(token.get("kind", TokenKind.LIVE)),
                hub_parties=tuple(token.get("hub_parties", ())),
                may_repeat=token.get("may_repeat", ""),
            )
            for token in json.loads(item["tokens"]["S"])
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreUnavailable(
            f"the inbound tokens, item {CONTROL_KEY} of the control table, can't be understood "
            f"({type(error).__name__}): delete the item and run register again"
        ) from None


def _document(token: InboundToken) -> dict[str, object]:
    times = (("issued_at", token.issued_at), ("not_after", token.not_after))
    return {**token._asdict(), **{name: time.isoformat() if time else None for name, time in times}}
