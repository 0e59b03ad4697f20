"""Decide which times of a CPO's clock are credible.

A wrong clock must not block the updates of an object.
"""

from datetime import datetime, timedelta

from emsp.ocpi.datetimes import canonical_datetime

CLOCKS_APART = timedelta(minutes=10)
"""How far a `last_updated` may be ahead of our clock and still be credible."""
CLOCK_WAS_SET = range(2014, 9001)
"""The credible years. An earlier year is from a clock that was never set, because OCPI is younger."""
BEFORE_ALL = "0001-01-01T00:00:00.000000000Z"
"""Replaces a `last_updated` that is not credible. It is older than all others."""


def is_credible(last_updated: str, received_at: datetime) -> bool:
    """Whether this canonical `last_updated` is credible for an object that came at `received_at`. One in the
    future, from a wrong clock, would block all later updates.
    """
    return last_updated <= canonical_datetime(received_at + CLOCKS_APART)
