"""The life of a token of ours that an exchange gives to the Hub.

It is accepted and kept before the Hub hears of it, good for the time of the overlap only until the Hub has
taken it, and for nothing once the Hub has said no.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from emsp.hub.errors import NotRegistered
from emsp.log import log
from emsp.ocpi.token_kinds import TokenKind
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
"""How long a token of ours for a handshake that the Hub begins lets it in, unless it is used."""

PROBED_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class OurTokens:
    """Moves them. Raises StoreUnavailable."""

    hub: HubCredentialsStore
    inbound: InboundTokens
    overlap: timedelta
    now: Callable[[], datetime]

    def begun(
        self, known: HubCredentials, action: str, versions_url: str, initial_token: str
    ) -> HubCredentials:
        """A new token, or that of the same exchange begun before, kept and accepted."""
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
        """It lets the Hub in: for the time of the overlap, as long as the Hub has not taken it."""
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
        """The Hub certainly did not take it."""
        digest = hash_token(pending_of(known).our_token)
        self.inbound.change(lambda tokens: tuple(token for token in tokens if token.sha256 != digest))
        self.hub.write(replace(known, pending=None))
        log.warning("the Hub did not take our credentials: its new token is accepted no more")

    def taken(self, known: HubCredentials) -> HubCredentials:
        """The Hub has it: it is good without end, and for those whom the Hub speaks for. What the Hub used
        before is superseded.
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
        """A token for a handshake that the Hub begins, with its end. It ends all invitations before it."""
        invitations = (TokenKind.INVITATION, TokenKind.SPENT_INVITATION)
        return self._issued(TokenKind.INVITATION, INVITED_FOR, in_place_of=invitations)

    def probe(self) -> str:
        """A token for calling our own receivers, good for minutes."""
        token, _ = self._issued(TokenKind.PROBE, PROBED_FOR)
        return token

    def revoked(self, token_id: str | None) -> tuple[str, ...]:
        """The ids of the tokens that are ended at once: the one of `token_id`, or all but those that are LIVE
        and have no end.
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
        """A token that speaks for no party, with its end."""
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
    """The exchange under way, if it is this one."""
    pending = known.pending
    asked = (action, versions_url, initial_token)
    if pending and (pending.action, pending.versions_url, pending.initial_token) == asked:
        return pending
    return None


def pending_of(known: HubCredentials) -> PendingExchange:
    """The exchange under way. Raises NotRegistered."""
    if known.pending is None:
        raise NotRegistered("no exchange of credentials is under way: run the action of register again")
    return known.pending
