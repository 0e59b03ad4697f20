"""When an item expires. DynamoDB deletes it within some days after its `expires_at` (TTL)."""

from datetime import datetime, timedelta
from typing import Any, Final

EXPIRES_AT: Final = "expires_at"
"""The TTL attribute of every table that has one: seconds since 1970."""


def ttl_value(since: datetime, kept_for: timedelta | None) -> dict[str, Any] | None:
    """The TTL attribute's value for an item that is kept for `kept_for` from `since`; None if it is kept for
    ever.
    """
    return None if kept_for is None else {"N": str(int((since + kept_for).timestamp()))}
