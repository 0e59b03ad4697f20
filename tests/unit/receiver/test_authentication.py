"""Which tokens are let in, and how often the stored ones are read for it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from emsp.receiver.authentication import Authentication
from emsp.receiver.errors import Unauthenticated
from emsp.receiver.token_cache import CACHE_SECONDS, LOOKS_AT_MOST
from emsp.stores.inbound_tokens import InboundToken, hash_token
from emsp.timeouts import TOKEN_ISSUED_S, TOKENS_LOOK_S

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Store:
    """The stored tokens, a clock, and how often they were read."""

    tokens: list[InboundToken] = field(default_factory=list)
    seconds: float = 1000.0
    reads: int = 0

    def issue(self, token: str, not_after: datetime | None = None) -> None:
        """As InboundTokens.change does: the Hub hears of it when it has been stored for a while."""
        self.tokens.append(InboundToken(hash_token(token), NOW, not_after))
        self.seconds += TOKEN_ISSUED_S

    def read(self) -> list[InboundToken]:
        self.reads += 1
        return list(self.tokens)

    def authentication(self, cache_seconds: float = CACHE_SECONDS) -> Authentication:
        return Authentication(
            self.read, lambda: NOW + timedelta(seconds=self.seconds), lambda: self.seconds, cache_seconds
        )


def is_let_in(authentication: Authentication, token: str) -> bool:
    try:
        authentication.authenticate(f"Token {token}")
    except Unauthenticated:
        return False
    return True


def test_a_token_issued_right_after_the_last_read_is_let_in_at_its_first_use() -> None:
    store = Store()
    store.issue("old")
    authentication = store.authentication()
    assert is_let_in(authentication, "old")
    store.issue("new")
    assert is_let_in(authentication, "new")
    assert store.reads == 2


def test_every_new_token_is_looked_for_however_close_they_follow() -> None:
    store = Store()
    authentication = store.authentication()
    for number in range(100):
        store.issue(f"token-{number}")
        assert is_let_in(authentication, f"token-{number}")


@pytest.mark.parametrize("per_second", [10, 1000, 20_000])
def test_a_flood_of_unknown_tokens_is_refused_within_a_bound_of_reads(per_second: int) -> None:
    """And all that time the known token is let in, and one issued in the middle at its first use."""
    store = Store()
    store.issue("right")
    authentication = store.authentication()
    assert is_let_in(authentication, "right")
    began, calls = store.seconds, 0
    while store.seconds < began + 2:
        calls += 1
        assert not is_let_in(authentication, f"wrong-{calls}")
        store.seconds += 1 / per_second
        if calls == per_second:
            store.issue("new")
            assert is_let_in(authentication, "new")
        if calls % per_second == 0:
            assert is_let_in(authentication, "right")
    assert calls > per_second
    assert store.reads <= 2 + LOOKS_AT_MOST + (store.seconds - began) / TOKENS_LOOK_S


def test_a_wrong_token_that_comes_again_is_looked_for_no_more_often() -> None:
    store = Store()
    store.issue("right")
    authentication = store.authentication()
    assert is_let_in(authentication, "right")
    for _ in range(5):
        assert not is_let_in(authentication, "wrong")
    assert store.reads == 2


@pytest.mark.parametrize(("cache_seconds", "goes_on"), [(CACHE_SECONDS, True), (0, False)])
def test_a_revoked_token_is_refused_when_the_cache_ends(cache_seconds: float, goes_on: bool) -> None:
    store = Store()
    store.issue("expired", not_after=NOW)
    store.issue("revoked")
    authentication = store.authentication(cache_seconds)
    assert not is_let_in(authentication, "expired")
    assert is_let_in(authentication, "revoked")
    store.tokens.clear()
    store.seconds += CACHE_SECONDS - 0.001
    assert is_let_in(authentication, "revoked") is goes_on
    store.seconds += 0.001
    assert not is_let_in(authentication, "revoked")


@pytest.mark.parametrize("header", [None, "", "Token", "Token ", "Bearer right", "right"])
def test_what_is_no_token_is_refused_without_a_read(header: str | None) -> None:
    store = Store()
    store.issue("right")
    with pytest.raises(Unauthenticated):
        store.authentication().authenticate(header)
    assert store.reads == 0
