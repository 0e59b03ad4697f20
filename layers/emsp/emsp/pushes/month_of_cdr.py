"""Choose the time that decides to which month a CDR belongs: its end, or its arrival if the end is
impossible.

So each CDR is in a month that is still settled.
"""

from datetime import datetime, timedelta
from typing import Final

from emsp.ocpi.datetimes import canonical_datetime

LATE_AT_MOST: Final = timedelta(days=366)
"""The longest time from the end of a CDR to its arrival. After a longer time, the month of the end is not
settled again.
"""
EARLY_AT_MOST: Final = timedelta(days=1)
"""The longest time from the arrival of a CDR to its end. A CDR is made after its charge, so a longer time
shows a wrong clock.
"""


def counted_at(end: datetime, received_at: datetime) -> str:
    """Return `end`, or `received_at` if the end is impossible (1970, 2126), as canonical text."""
    is_odd = end < received_at - LATE_AT_MOST or end > received_at + EARLY_AT_MOST
    return canonical_datetime(received_at if is_odd else end)
