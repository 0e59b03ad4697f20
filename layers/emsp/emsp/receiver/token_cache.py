"""How long our inbound tokens are cached in a Lambda, and when they are read again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from emsp.log import log
from emsp.ocpi.token_kinds import TokenKind
from emsp.patience import TOKENS_LOOK_S

CACHE_SECONDS: Final = 10.0
"""How long a Lambda that knew a token may go on accepting it after it was revoked."""
REREAD_SECONDS: Final = 10.0
"""How long nobody asks again for an unknown token, nor the store again that could not be read."""
LOOKS_AT_MOST: Final = 60
STALE_SECONDS: Final = 3600
"""How long tokens that we know go on being accepted while the store can't be read."""


class KnownToken(Protocol):
    """A stored inbound token: the hex SHA-256 of its text, and what stores/inbound_tokens.py says of it."""

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
    """The stored tokens, for `seconds`.

    An unknown token makes it read again at once, but not the same one twice within REREAD_SECONDS. Beyond
    LOOKS_AT_MOST of them in that time it reads only if it has not read within TOKENS_LOOK_S: in a flood, four
    reads a second in each Lambda. None of this refuses a token that the Hub was just given: who issues one
    waits longer than TOKENS_LOOK_S after storing it before the Hub hears of it (stores/inbound_tokens.py).
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
        """The tokens, read again when they are old; those of before while the store can't be read."""
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
            log.exception("the inbound tokens can't be read: going on with those known")
            return self._tokens

    def read_again(self) -> Sequence[KnownToken]:
        """The tokens as they are stored now. Raises what the store raises."""
        self._tried_at = self._clock()
        self._tokens = self._read()
        self._read_at = self._tried_at
        return self._tokens

    def worth_a_look(self, digest: str) -> bool:
        """Whether a token that is not among them may have been stored since they were read."""
        now = self._clock()
        self._looked_for = {each: at for each, at in self._looked_for.items() if now - at < REREAD_SECONDS}
        in_a_flood = len(self._looked_for) >= LOOKS_AT_MOST
        if digest in self._looked_for or (in_a_flood and now - self._read_at < TOKENS_LOOK_S):
            return False
        self._looked_for[digest] = now
        return True

    def forget(self) -> None:
        """Nothing is known: the next question reads."""
        self._tokens = None
