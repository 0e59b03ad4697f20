"""Choose the time by which a CDR belongs to a month: its end, unless that end is impossible.

So each CDR is in one month that is still settled.
"""

from datetime import datetime, timedelta
from typing import Final

from emsp.ocpi.datetimes import canonical_datetime

LATE_AT_MOST: Final = timedelta(days=366)
"""If a CDR arrives later than this after its end, the month of that end is no longer settled."""
EARLY_AT_MOST: Final = timedelta(days=1)
"""A CDR is made after its charge. If it arrives longer than this before its end, a clock is wrong."""


def counted_at(end: datetime, received_at: datetime) -> str:
    """Return the canonical text of `end`, or of `received_at` if the end is impossible (1970, 2126)."""
    is_odd = end < received_at - LATE_AT_MOST or end > received_at + EARLY_AT_MOST
    return canonical_datetime(received_at if is_odd else end)
