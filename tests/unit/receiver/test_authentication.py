"""Which tokens are let in, and how often the secret is read for it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from emsp.receiver.authentication import Authentication
from emsp.receiver.errors import TooManyUnknownTokens, Unauthenticated
from emsp.receiver.token_cache import CACHE_SECONDS, LOOKS_AT_MOST, REREAD_SECONDS
from emsp.stores.inbound_tokens import InboundToken, hash_token

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Secret:
    """The stored tokens, a clock, and how often they were read."""

    tokens: list[InboundToken] = field(default_factory=list)
    seconds: float = 1000.0
    reads: int = 0

    def issue(self, token: str, not_after: datetime | None = None) -> None:
        self.tokens.append(InboundToken(hash_token(token), NOW, not_after))

    def read(self) -> list[InboundToken]:
        self.reads += 1
        return list(self.tokens)

    def authentication(self) -> Authentication:
        return Authentication(self.read, lambda: NOW + timedelta(seconds=self.seconds), lambda: self.seconds)


def is_let_in(authentication: Authentication, token: str) -> bool:
    try:
        authentication.authenticate(f"Token {token}")
    except Unauthenticated:
        return False
    return True


def test_a_token_issued_right_after_the_last_read_is_let_in_at_its_first_use() -> None:
    secret = Secret()
    secret.issue("old")
    authentication = secret.authentication()
    assert is_let_in(authentication, "old")
    secret.issue("new")
    assert is_let_in(authentication, "new")
    assert secret.reads == 2


def test_every_new_token_is_looked_for_however_close_they_follow() -> None:
    secret = Secret()
    authentication = secret.authentication()
    for number in range(LOOKS_AT_MOST):
        secret.issue(f"token-{number}")
        assert is_let_in(authentication, f"token-{number}")


def test_a_wrong_token_is_looked_for_once_in_a_while_only() -> None:
    secret = Secret()
    secret.issue("right")
    authentication = secret.authentication()
    assert is_let_in(authentication, "right")
    for _ in range(5):
        assert not is_let_in(authentication, "wrong")
    assert secret.reads == 2
    secret.seconds += REREAD_SECONDS
    assert not is_let_in(authentication, "wrong")
    assert secret.reads == 3


def test_many_wrong_tokens_do_not_hammer_the_secret_nor_shut_out_the_right_one() -> None:
    secret = Secret()
    secret.issue("right")
    authentication = secret.authentication()
    for number in range(LOOKS_AT_MOST):
        assert not is_let_in(authentication, f"wrong-{number}")
    secret.issue("new")
    with pytest.raises(TooManyUnknownTokens):
        authentication.authenticate("Token new")
    assert secret.reads == 1 + LOOKS_AT_MOST
    assert is_let_in(authentication, "right")
    secret.seconds += REREAD_SECONDS
    assert is_let_in(authentication, "new")


def test_a_lapsed_token_is_refused_and_a_withdrawn_one_when_the_cache_ends() -> None:
    secret = Secret()
    secret.issue("lapsed", not_after=NOW)
    secret.issue("withdrawn")
    authentication = secret.authentication()
    assert not is_let_in(authentication, "lapsed")
    assert is_let_in(authentication, "withdrawn")
    secret.tokens.clear()
    secret.seconds += CACHE_SECONDS
    assert not is_let_in(authentication, "withdrawn")


@pytest.mark.parametrize("header", [None, "", "Token", "Token ", "Bearer right", "right"])
def test_what_is_no_token_is_refused(header: str | None) -> None:
    secret = Secret()
    secret.issue("right")
    with pytest.raises(Unauthenticated):
        secret.authentication().authenticate(header)
