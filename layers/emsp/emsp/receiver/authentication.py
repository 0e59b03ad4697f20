"""Authenticate a caller by a live inbound token, in either encoding (OCPI 2.2.1 "Authorization header").

We store only SHA-256 hashes of our tokens. A token is a random 256-bit string, so nobody can find it from a
plain hash.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from emsp.metrics import Metric, count
from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.ocpi.headers import token_candidates
from emsp.ocpi.parties import HUB_PARTY
from emsp.receiver.errors import Unauthenticated
from emsp.receiver.token_cache import CACHE_SECONDS, KnownToken, TokenCache

MESSAGE = "the credentials token is missing or not valid"


@dataclass(frozen=True)
class Caller:
    """An authenticated caller.

    `token` is the token as text, for GET credentials. `speaks_for` lists the parties (`IN*ABC`) whose objects
    the caller may push; None allows all, as for a Hub. `hub_parties` are the Hub's own parties. `may_repeat`
    is the hash of the credentials that the caller may send again.
    """

    token: str = field(repr=False)
    kind: TokenKind = TokenKind.LIVE
    speaks_for: tuple[str, ...] | None = None
    hub_parties: tuple[str, ...] = ()
    may_repeat: str = ""
    token_id: str = ""
    """The id of the token in the answers of `register`."""


class Authentication:
    """Checks tokens against the stored hashes.

    `read` returns the stored tokens, or raises the errors of its store. `clock` returns seconds and never
    goes back. The tokens are cached for `cache_seconds`.
    """

    def __init__(
        self,
        read: Callable[[], Sequence[KnownToken]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        cache_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._cache = TokenCache(read, clock, cache_seconds)
        self._now = now

    def authenticate(self, authorization: str | None) -> Caller:
        """Return the caller with the token in an Authorization header.

        Raises Unauthenticated. Its message does not say why.
        """
        candidates = token_candidates(authorization or "")
        caller = self._matching(candidates, self._cache.known()) if candidates else None
        if candidates and caller is None and self._cache.worth_a_look(_digest(candidates[0])):
            caller = self._matching(candidates, self._cache.read_again())
        if caller is None:
            count(Metric.UNKNOWN_TOKENS)
            raise Unauthenticated(MESSAGE)
        return caller

    def forget(self) -> None:
        """Read the stored tokens again at the next request. Call this after they were changed."""
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
