"""Who may speak to us: the holder of a live inbound token, in either encoding (OCPI "Authorization header").

Only SHA-256 hashes of our tokens are stored. They are random 256-bit strings, so a plain hash can't be
searched.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from emsp.metrics import Metric, count
from emsp.ocpi.headers import token_candidates
from emsp.ocpi.parties import HUB_PARTY
from emsp.ocpi.token_kinds import TokenKind
from emsp.receiver.errors import Unauthenticated
from emsp.receiver.token_cache import CACHE_SECONDS, KnownToken, TokenCache

MESSAGE = "the credentials token is missing or not valid"


@dataclass(frozen=True)
class Caller:
    """Who was let in. `token` is the token as text, for the one answer that must carry it (GET credentials).

    `speaks_for` are the parties (`IN*ABC`) whose objects it may push; None: any, as it is a Hub.
    `hub_parties` are those that it is itself, as a Hub. `may_repeat` is the hash of the credentials that it
    may send again.
    """

    token: str = field(repr=False)
    kind: TokenKind = TokenKind.LIVE
    speaks_for: tuple[str, ...] | None = None
    hub_parties: tuple[str, ...] = ()
    may_repeat: str = ""
    token_id: str = ""
    """By which an operator finds the token among those that `register` lists."""


class Authentication:
    """Checks tokens against the stored hashes. `read` returns the stored tokens or raises what its store
    raises; `clock` counts seconds and never goes back; what was read is used for `cache_seconds`.
    """

    def __init__(
        self,
        read: Callable[[], Sequence[KnownToken]],
        now: Callable[[], datetime],
        clock: Callable[[], float],
        cache_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._cache = TokenCache(read, clock, cache_seconds)
        self._now = now

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header. Raises Unauthenticated, which says nothing but that."""
        candidates = token_candidates(authorization or "")
        caller = self._matching(candidates, self._cache.known()) if candidates else None
        if candidates and caller is None and self._cache.worth_a_look(_digest(candidates[0])):
            caller = self._matching(candidates, self._cache.read_again())
        if caller is None:
            count(Metric.UNKNOWN_TOKENS)
            raise Unauthenticated(MESSAGE)
        return caller

    def forget(self) -> None:
        """Read the stored tokens anew at the next request: we have just changed them."""
        self._cache.forget()

    def _matching(self, candidates: Sequence[str], tokens: Sequence[KnownToken]) -> Caller | None:
        now = self._now()
        found = None
        for candidate in candidates:
            digest = _digest(candidate)
            for token in tokens:
                alive = token.not_after is None or now < token.not_after
                if hmac.compare_digest(digest, token.sha256) and alive:
                    found = _caller(candidate, token)
        return found


def _caller(text: str, token: KnownToken) -> Caller:
    itself = token.hub_parties or ((HUB_PARTY,) if token.speaks_for is None else ())
    return Caller(text, token.kind, token.speaks_for, itself, token.may_repeat, token.token_id)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).hexdigest()
