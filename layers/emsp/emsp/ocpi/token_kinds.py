"""What a credentials token of ours was issued for (OCPI 2.2.1, credentials: CREDENTIALS_TOKEN_A, B and C)."""

from enum import StrEnum


class TokenKind(StrEnum):
    """`receiver/access.py` says what each of them allows."""

    LIVE = "LIVE"
    """The Hub calls us with it."""
    SUPERSEDED = "SUPERSEDED"
    """A later exchange of credentials brought another; it ends with the overlap."""
    INVITATION = "INVITATION"
    """For the first POST of a Hub that begins the exchange (CREDENTIALS_TOKEN_A)."""
    SPENT_INVITATION = "SPENT_INVITATION"
    """The Hub has POSTed with it."""
    PROBE = "PROBE"
    """check_readiness calls our own receivers with it."""
