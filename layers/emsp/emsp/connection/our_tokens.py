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
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore, PendingExchange
from emsp.stores.inbound_tokens import InboundToken, InboundTokens, hash_token, spoken_for

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
        self.accepted(pending)
        return known

    def accepted(self, pending: PendingExchange) -> None:
        """It lets the Hub in: for the time of the overlap, as long as the Hub has not taken it."""
        now = self.now()
        digest = hash_token(pending.our_token)
        issued = InboundToken(digest, now, not_after=now + self.overlap)

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
        """The Hub has it: it is good without end, and for those whom the Hub speaks for."""
        digest = hash_token(pending_of(known).our_token)
        speaks_for = spoken_for(known.hub_roles)
        self.inbound.change(
            lambda tokens: tuple(
                replace(token, not_after=None, speaks_for=speaks_for) if token.sha256 == digest else token
                for token in tokens
            )
        )
        return known

    def alone(self, known: HubCredentials) -> None:
        """It is good without end, also where a crash came before `taken`; all others lapse after the overlap,
        those that have lapsed are dropped.
        """
        now = self.now()
        lapse = now + self.overlap
        digest = hash_token(pending_of(known).our_token)
        speaks_for = spoken_for(known.hub_roles)
        self.inbound.change(
            lambda tokens: tuple(
                replace(token, not_after=None, speaks_for=speaks_for)
                if token.sha256 == digest
                else replace(token, not_after=min(token.not_after or lapse, lapse))
                for token in tokens
                if token.not_after is None or token.not_after > now
            )
        )

    def invitation(self) -> tuple[str, datetime]:
        """A token for a handshake that the Hub begins, with its end. It speaks for no party, so that nothing
        but versions and credentials can be done with it.
        """
        token, now = secrets.token_urlsafe(32), self.now()
        digest, until = hash_token(token), now + INVITED_FOR
        known = self.hub.read()
        invited = InboundToken(digest, now, not_after=until, speaks_for=())

        def inviting(tokens: Sequence[InboundToken]) -> Sequence[InboundToken]:
            kept = [
                each
                for each in tokens
                if each.sha256 not in (digest, known.invitation)
                and (each.not_after is None or each.not_after > now)
            ]
            return (*kept, invited)

        self.inbound.change(inviting)
        self.hub.write(replace(known, invitation=digest))
        return token, until

    def probe(self) -> str:
        """A token for calling our own receivers, good for minutes and for no party's objects."""
        token, now = secrets.token_urlsafe(32), self.now()
        issued = InboundToken(hash_token(token), now, not_after=now + PROBED_FOR, speaks_for=())
        self.inbound.change(
            lambda tokens: (
                *(
                    each
                    for each in tokens
                    if each.sha256 != issued.sha256 and (each.not_after is None or each.not_after > now)
                ),
                issued,
            )
        )
        return token


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
