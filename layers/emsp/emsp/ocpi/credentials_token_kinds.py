"""The purpose of a credentials token of ours (OCPI 2.2.1, credentials: CREDENTIALS_TOKEN_A, B and C)."""

from enum import StrEnum


class TokenKind(StrEnum):
    """The kinds of tokens. `receiver/access.py` defines what each may do."""

    LIVE = "LIVE"
    """The Hub's current token for calling us."""
    SUPERSEDED = "SUPERSEDED"
    """A later exchange of credentials replaced it. It expires after the overlap."""
    INVITATION = "INVITATION"
    """For the first POST of a Hub that begins the exchange (CREDENTIALS_TOKEN_A)."""
    SPENT_INVITATION = "SPENT_INVITATION"
    """The Hub has used it for its POST."""
    PROBE = "PROBE"
    """check_readiness uses it to call our own receivers."""
