"""Choose the time by which a CDR belongs to a month: its end, unless that end is impossible.

So each CDR is in one month that is still settled.
"""

from datetime import datetime, timedelta
from typing import Final

from emsp.ocpi.datetimes import canonical_datetime

LATE_AT_MOST: Final = timedelta(days=366)
"""A CDR that comes later than this after its end is of no month that is still settled."""
EARLY_AT_MOST: Final = timedelta(days=1)
"""A CDR is made after its charge: an end beyond this is of a clock that is wrong."""


def counted_at(end: datetime, received_at: datetime) -> str:
    """The canonical text of `end`; of `received_at` where the end is odd (1970, 2126)."""
    is_odd = end < received_at - LATE_AT_MOST or end > received_at + EARLY_AT_MOST
    return canonical_datetime(received_at if is_odd else end)
