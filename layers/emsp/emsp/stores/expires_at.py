"""The TTL of items. DynamoDB deletes an item within some days after its `expires_at`."""

from datetime import datetime, timedelta
from typing import Any, Final

EXPIRES_AT: Final = "expires_at"
"""The TTL attribute of every table that has one: seconds since 1970."""
CDR_COMES_WITHIN: Final = timedelta(days=90)
"""The longest time from the first push of a session to its CDR."""


def ttl_value(since: datetime, kept_for: timedelta | None) -> dict[str, Any] | None:
    """Return the value of the TTL attribute for an item that is kept for `kept_for` from `since`.

    Return None if `kept_for` is None: the item never expires.
    """
    return None if kept_for is None else {"N": str(int((since + kept_for).timestamp()))}


def longer_than_all(*kept_for: timedelta | None) -> timedelta | None:
    """Return how long a command is kept after it led to a session, or None for ever.

    It is longer than the session and its CDR are kept, because a driver's app finds the charge by the
    command's id.
    """
    known = [each for each in kept_for if each is not None]
    return max(known) + CDR_COMES_WITHIN if len(known) == len(kept_for) else None
