"""Who may speak to us: the holder of a live inbound token, in either encoding (OCPI "Authorization header").

Only SHA-256 hashes of our tokens are stored. They are random 256-bit strings, so a plain hash can't be
searched.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from emsp.log import log
from emsp.ocpi.headers import token_candidates
from emsp.receiver.errors import TooManyUnknownTokens, Unauthenticated

CACHE_SECONDS = 60
"""How long a token that was withdrawn may go on being accepted by a Lambda that knew it."""
REREAD_SECONDS = 10
LOOKS_AT_MOST = 60
STALE_SECONDS = 3600
"""How long tokens that we know go on being accepted while the store can't be read."""


MESSAGE = "the credentials token is missing or not valid"


class LiveToken(Protocol):
    """A stored inbound token: the hex SHA-256 of its UTF-8 text, when it lapses (None: never), for whom it
    speaks.
    """

    @property
    def sha256(self) -> str: ...

    @property
    def not_after(self) -> datetime | None: ...

    @property
    def speaks_for(self) -> tuple[str, ...] | None: ...


@dataclass(frozen=True)
class Caller:
    """Who was let in. `token` is the token as text, for the one answer that must carry it (GET credentials).

    `speaks_for` are the parties (`IN*ABC`) whose objects it may push; None: any, as it is a Hub.
    """

    token: str = field(repr=False)
    speaks_for: tuple[str, ...] | None = None


class Authentication:
    """Checks tokens against the stored hashes, which it caches for a minute.

    An unknown token makes it read again at once. We store a token before the Hub hears of it, so one look per
    token is enough: a token issued a moment ago works in every Lambda, however lately that one has read, and
    the Hub's first push with it is never refused (it would not come again). A token that was looked for in
    vain is refused unread for REREAD_SECONDS, and there are at most LOOKS_AT_MOST looks in that time, so that
    wrong tokens can't make us hammer the store; beyond that an unknown token is told to come again. `read`
    returns the stored tokens or raises what its store raises; `clock` counts seconds and never goes back.
    """

    def __init__(
        self, read: Callable[[], Sequence[LiveToken]], now: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._read = read
        self._now = now
        self._clock = clock
        self._tokens: Sequence[LiveToken] | None = None
        self._read_at = 0.0
        self._tried_at = 0.0
        self._looked_for: dict[str, float] = {}

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header.

        Raises Unauthenticated, which tells nothing but that; TooManyUnknownTokens.
        """
        candidates = token_candidates(authorization or "")
        if not candidates:
            raise Unauthenticated(MESSAGE)
        caller = self._matching(candidates, self._cached())
        if caller is None and self._worth_a_look(_digest(candidates[0])):
            caller = self._matching(candidates, self._fresh())
        if caller is None:
            raise Unauthenticated(MESSAGE)
        return caller

    def forget(self) -> None:
        """Read the stored tokens anew at the next request: we have just changed them."""
        self._tokens = None

    def _worth_a_look(self, digest: str) -> bool:
        now = self._clock()
        self._looked_for = {each: at for each, at in self._looked_for.items() if now - at < REREAD_SECONDS}
        if digest in self._looked_for:
            return False
        if len(self._looked_for) >= LOOKS_AT_MOST:
            raise TooManyUnknownTokens("the token can't be checked right now, try again later")
        self._looked_for[digest] = now
        return True

    def _cached(self) -> Sequence[LiveToken]:
        if self._tokens is None:
            return self._fresh()
        now = self._clock()
        if now - self._read_at < CACHE_SECONDS or now - self._tried_at < REREAD_SECONDS:
            return self._tokens
        try:
            return self._fresh()
        except Exception:
            if now - self._read_at >= STALE_SECONDS:
                raise
            log.exception("the inbound tokens can't be read: going on with those known")
            return self._tokens

    def _fresh(self) -> Sequence[LiveToken]:
        self._tried_at = self._clock()
        self._tokens = self._read()
        self._read_at = self._tried_at
        return self._tokens

    def _matching(self, candidates: Sequence[str], tokens: Sequence[LiveToken]) -> Caller | None:
        now = self._now()
        found = None
        for candidate in candidates:
            digest = _digest(candidate)
            for token in tokens:
                alive = token.not_after is None or now < token.not_after
                if hmac.compare_digest(digest, token.sha256) and alive:
                    found = Caller(candidate, token.speaks_for)
        return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).hexdigest()
