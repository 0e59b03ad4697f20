"""When an item lapses: DynamoDB deletes it by itself, some days at most after its `expires_at`."""

from datetime import datetime, timedelta
from typing import Any, Final

EXPIRES_AT: Final = "expires_at"
"""The attribute that every table with a TTL has it in: seconds since 1970."""


def lapses_at(since: datetime, kept_for: timedelta | None) -> dict[str, Any] | None:
    """The attribute's value for what is kept so long since then; None for what is kept for ever."""
    return None if kept_for is None else {"N": str(int((since + kept_for).timestamp()))}
