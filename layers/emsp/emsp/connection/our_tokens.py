"""The life of a token that we give to the Hub in an exchange of credentials.

We store and accept the token before we send it. Until the Hub confirms it, the token expires after the
overlap. If the Hub refuses it, we delete it.
"""

import secrets
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from emsp.hub.errors import NotRegistered
from emsp.log import log
from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore, PendingExchange
from emsp.stores.inbound_tokens import (
    InboundToken,
    InboundTokens,
    hash_token,
    hubs_among,
    spoken_for,
    superseded,
)

INVITED_FOR: Final = timedelta(days=7)
"""How long an unused invitation is valid. An invitation is our token for an exchange that the Hub begins."""

PROBED_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class OurTokens:
    """Issues, confirms and revokes our tokens. All methods raise StoreUnavailable."""

    hub: HubCredentialsStore
    inbound: InboundTokens
    overlap: timedelta
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def begun(
        self, known: HubCredentials, action: str, versions_url: str, initial_token: str
    ) -> HubCredentials:
        """Begin an exchange: create a new token, store it and accept it.

        If the same exchange has begun before, use its token.
        """
        pending = same_exchange(known, action, versions_url, initial_token)
        if pending is None:
            pending = PendingExchange(
                action=action,
                versions_url=versions_url,
                our_token=secrets.token_urlsafe(32),
                started_at=self.now().isoformat(),
                initial_token=initial_token,
            )
            known = replace(known, pending=pending)
            self.hub.write(known)
        self.accepted(known, pending)
        return known

    def accepted(self, known: HubCredentials, pending: PendingExchange) -> None:
        """Accept the pending token. If the Hub does not confirm it, it expires after the overlap."""
        now = self.now()
        digest = hash_token(pending.our_token)
        issued = InboundToken(
            digest, now, not_after=now + self.overlap, hub_parties=hubs_among(known.hub_roles)
        )

        def accepting(tokens: Sequence[InboundToken]) -> Sequence[InboundToken]:
            if any(token.sha256 == digest and token.not_after is None for token in tokens):
                return tokens
            return (*(token for token in tokens if token.sha256 != digest), issued)

        self.inbound.change(accepting)

    def withdrawn(self, known: HubCredentials) -> None:
        """Delete the pending token and the exchange. Call this only if the Hub certainly refused it."""
        digest = hash_token(pending_of(known).our_token)
        self.inbound.change(lambda tokens: tuple(token for token in tokens if token.sha256 != digest))
        self.hub.write(replace(known, pending=None))
        log.warning("the Hub refused our credentials: the new token for it is deleted")

    def taken(self, known: HubCredentials) -> HubCredentials:
        """Confirm the pending token: it does not expire any more, and is valid for the parties in the Hub's
        roles.

        The Hub's previous token expires after the overlap.
        """
        now = self.now()
        digest = hash_token(pending_of(known).our_token)
        speaks_for, hub_parties = spoken_for(known.hub_roles), hubs_among(known.hub_roles)
        live = InboundToken(digest, now, speaks_for=speaks_for, hub_parties=hub_parties)
        self.inbound.change(
            lambda tokens: tuple(
                replace(live, issued_at=token.issued_at) if token.sha256 == digest else token
                for token in superseded(tokens, digest, now, self.overlap)
            )
        )
        return known

    def invitation(self) -> tuple[str, datetime]:
        """Create a token for an exchange that the Hub begins. Return the token and its expiry.

        Previous invitations are deleted.
        """
        invitations = (TokenKind.INVITATION, TokenKind.SPENT_INVITATION)
        return self._issued(TokenKind.INVITATION, INVITED_FOR, in_place_of=invitations)

    def probe(self) -> str:
        """Return a new token for calling our own receivers. It expires after PROBED_FOR."""
        token, _ = self._issued(TokenKind.PROBE, PROBED_FOR)
        return token

    def revoked(self, token_id: str | None) -> tuple[str, ...]:
        """Delete tokens at once, and return their ids.

        Delete the token with `token_id`. If it is None, delete every token that is not LIVE or that expires.
        """
        ended: list[str] = []

        def without(tokens: Sequence[InboundToken]) -> Sequence[InboundToken]:
            named = [
                token for token in tokens if (token.token_id == token_id if token_id else not _current(token))
            ]
            ended[:] = [token.token_id for token in named]
            return [token for token in tokens if token not in named]

        self.inbound.change(without)
        return tuple(ended)

    def _issued(
        self, kind: TokenKind, good_for: timedelta, in_place_of: tuple[TokenKind, ...] = ()
    ) -> tuple[str, datetime]:
        """Store a new token that may not push for any party. Return the token and its expiry."""
        token, now = secrets.token_urlsafe(32), self.now()
        until = now + good_for
        issued = InboundToken(hash_token(token), now, not_after=until, speaks_for=(), kind=kind)
        self.inbound.change(
            lambda tokens: (
                *(
                    each
                    for each in tokens
                    if each.kind not in in_place_of and each.sha256 != issued.sha256 and not each.ended(now)
                ),
                issued,
            )
        )
        return token, until


def _current(token: InboundToken) -> bool:
    return token.kind is TokenKind.LIVE and token.not_after is None


def same_exchange(
    known: HubCredentials, action: str, versions_url: str, initial_token: str
) -> PendingExchange | None:
    """Return the pending exchange if it has this action, URL and initial token. Otherwise return None."""
    pending = known.pending
    exchange = (action, versions_url, initial_token)
    if pending and (pending.action, pending.versions_url, pending.initial_token) == exchange:
        return pending
    return None


def pending_of(known: HubCredentials) -> PendingExchange:
    """Return the pending exchange. Raises NotRegistered if there is none."""
    if known.pending is None:
        raise NotRegistered("no exchange of credentials is under way: run the action of register again")
    return known.pending
