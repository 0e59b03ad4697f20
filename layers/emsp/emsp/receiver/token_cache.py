"""How long our inbound tokens are cached in a Lambda, and when they are read again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from emsp.log import log
from emsp.receiver.errors import TooManyUnknownTokens

CACHE_SECONDS: Final = 60
"""How long a token that was withdrawn may go on being accepted by a Lambda that knew it."""
REREAD_SECONDS: Final = 10
LOOKS_AT_MOST: Final = 60
STALE_SECONDS: Final = 3600
"""How long tokens that we know go on being accepted while the store can't be read."""


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


class TokenCache:
    """The stored tokens, for a minute.

    An unknown token makes it read again at once. We store a token before the Hub hears of it, so one look per
    token is enough: a token issued a moment ago works in every Lambda, however lately that one has read, and
    the Hub's first push with it is never refused (it would not come again). A token that was looked for in
    vain is refused unread for REREAD_SECONDS, and there are at most LOOKS_AT_MOST looks in that time, so that
    wrong tokens can't make us hammer the store; beyond that an unknown token is told to come again.
    """

    def __init__(self, read: Callable[[], Sequence[LiveToken]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._tokens: Sequence[LiveToken] | None = None
        self._read_at = 0.0
        self._tried_at = 0.0
        self._looked_for: dict[str, float] = {}

    def known(self) -> Sequence[LiveToken]:
        """The tokens, read again after a minute; those of before while the store can't be read."""
        if self._tokens is None:
            return self.read_again()
        now = self._clock()
        if now - self._read_at < CACHE_SECONDS or now - self._tried_at < REREAD_SECONDS:
            return self._tokens
        try:
            return self.read_again()
        except Exception:
            if now - self._read_at >= STALE_SECONDS:
                raise
            log.exception("the inbound tokens can't be read: going on with those known")
            return self._tokens

    def read_again(self) -> Sequence[LiveToken]:
        """The tokens as they are stored now. Raises what the store raises."""
        self._tried_at = self._clock()
        self._tokens = self._read()
        self._read_at = self._tried_at
        return self._tokens

    def worth_a_look(self, digest: str) -> bool:
        """Whether to read again for an unknown token. Raises TooManyUnknownTokens."""
        now = self._clock()
        self._looked_for = {each: at for each, at in self._looked_for.items() if now - at < REREAD_SECONDS}
        if digest in self._looked_for:
            return False
        if len(self._looked_for) >= LOOKS_AT_MOST:
            raise TooManyUnknownTokens("the token can't be checked right now, try again later")
        self._looked_for[digest] = now
        return True

    def forget(self) -> None:
        """Nothing is known: the next question reads."""
        self._tokens = None
