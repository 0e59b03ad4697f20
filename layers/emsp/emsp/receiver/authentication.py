"""Who may speak to us: the holder of a live inbound token, in either encoding (OCPI "Authorization header").

Only SHA-256 hashes of our tokens are stored. They are random 256-bit strings, so a plain hash can't be
searched.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from emsp.ocpi.headers import token_candidates
from emsp.receiver.errors import Unauthenticated
from emsp.receiver.token_cache import LiveToken, TokenCache

MESSAGE = "the credentials token is missing or not valid"


@dataclass(frozen=True)
class Caller:
    """Who was let in. `token` is the token as text, for the one answer that must carry it (GET credentials).

    `speaks_for` are the parties (`IN*ABC`) whose objects it may push; None: any, as it is a Hub.
    """

    token: str = field(repr=False)
    speaks_for: tuple[str, ...] | None = None


class Authentication:
    """Checks tokens against the stored hashes. `read` returns the stored tokens or raises what its store
    raises; `clock` counts seconds and never goes back.
    """

    def __init__(
        self, read: Callable[[], Sequence[LiveToken]], now: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._cache = TokenCache(read, clock)
        self._now = now

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header.

        Raises Unauthenticated, which tells nothing but that; TooManyUnknownTokens.
        """
        candidates = token_candidates(authorization or "")
        if not candidates:
            raise Unauthenticated(MESSAGE)
        caller = self._matching(candidates, self._cache.known())
        if caller is None and self._cache.worth_a_look(_digest(candidates[0])):
            caller = self._matching(candidates, self._cache.read_again())
        if caller is None:
            raise Unauthenticated(MESSAGE)
        return caller

    def forget(self) -> None:
        """Read the stored tokens anew at the next request: we have just changed them."""
        self._cache.forget()

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
