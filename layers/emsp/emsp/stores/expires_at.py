"""When an item expires. DynamoDB deletes it within some days after its `expires_at` (TTL)."""

from datetime import datetime, timedelta
from typing import Any, Final

EXPIRES_AT: Final = "expires_at"
"""The TTL attribute of every table that has one: seconds since 1970."""
CDR_COMES_WITHIN: Final = timedelta(days=90)
"""How long after its session's first push a CDR may come."""


def ttl_value(since: datetime, kept_for: timedelta | None) -> dict[str, Any] | None:
    """The TTL attribute's value for an item that is kept for `kept_for` from `since`; None if it is kept for
    ever.
    """
    return None if kept_for is None else {"N": str(int((since + kept_for).timestamp()))}


def longer_than_all(*kept_for: timedelta | None) -> timedelta | None:
    """How long a command is kept after it led to a session: longer than the session and its CDR, because a
    driver's app knows the charge by the command's id. None if one of them is kept for ever.
    """
    known = [each for each in kept_for if each is not None]
    return max(known) + CDR_COMES_WITHIN if len(known) == len(kept_for) else None
