"""How long a Lambda caches our inbound tokens, and when it reads them again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from emsp.log import log
from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.timeouts import TOKENS_LOOK_S

CACHE_SECONDS: Final = 10.0
"""A Lambda that has cached a token may accept it for this long after it was revoked."""
REREAD_SECONDS: Final = 10.0
"""For this long, the same unknown token causes no second read, and a store that failed is not read again."""
LOOKS_AT_MOST: Final = 60
STALE_SECONDS: Final = 3600
"""We accept the cached tokens for this long while the store cannot be read."""


class KnownToken(Protocol):
    """A stored inbound token: the SHA-256 of its text in hex, and the fields that stores/inbound_tokens.py
    describes.
    """

    @property
    def sha256(self) -> str: ...

    @property
    def token_id(self) -> str: ...

    @property
    def not_after(self) -> datetime | None: ...

    @property
    def kind(self) -> TokenKind: ...

    @property
    def speaks_for(self) -> tuple[str, ...] | None: ...

    @property
    def hub_parties(self) -> tuple[str, ...]: ...

    @property
    def may_repeat(self) -> str: ...


class TokenCache:
    """Caches the stored tokens for `seconds`.

    An unknown token causes a read at once, but the same token causes no second read within REREAD_SECONDS.
    After LOOKS_AT_MOST unknown tokens in that time, the cache reads only if its last read is older than
    TOKENS_LOOK_S. A flood therefore causes at most four reads a second in each Lambda.

    A new token is never refused because of this. The function that issues it stores it, and then waits longer
    than TOKENS_LOOK_S before the Hub gets it (stores/inbound_tokens.py).
    """

    def __init__(
        self, read: Callable[[], Sequence[KnownToken]], clock: Callable[[], float], seconds: float
    ) -> None:
        self._read = read
        self._clock = clock
        self._seconds = seconds
        self._tokens: Sequence[KnownToken] | None = None
        self._read_at = 0.0
        self._tried_at = 0.0
        self._looked_for: dict[str, float] = {}

    def known(self) -> Sequence[KnownToken]:
        """Return the cached tokens, read again when they are too old. While the store cannot be read, the
        previous ones.
        """
        if self._tokens is None:
            return self.read_again()
        now = self._clock()
        failed_lately = self._tried_at > self._read_at and now - self._tried_at < REREAD_SECONDS
        if now - self._read_at < self._seconds or failed_lately:
            return self._tokens
        try:
            return self.read_again()
        except Exception:
            if now - self._read_at >= STALE_SECONDS:
                raise
            log.exception("the inbound tokens cannot be read: the cached ones stay in use")
            return self._tokens

    def read_again(self) -> Sequence[KnownToken]:
        """Read the tokens from the store. Raises the errors of the store."""
        self._tried_at = self._clock()
        self._tokens = self._read()
        self._read_at = self._tried_at
        return self._tokens

    def worth_a_look(self, digest: str) -> bool:
        """Whether an unknown token may have been stored since the last read."""
        now = self._clock()
        self._looked_for = {each: at for each, at in self._looked_for.items() if now - at < REREAD_SECONDS}
        in_a_flood = len(self._looked_for) >= LOOKS_AT_MOST
        if digest in self._looked_for or (in_a_flood and now - self._read_at < TOKENS_LOOK_S):
            return False
        self._looked_for[digest] = now
        return True

    def forget(self) -> None:
        """Empty the cache, so that the next request reads the store."""
        self._tokens = None
