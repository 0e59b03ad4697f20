"""Decide which times of a CPO's clock are credible, so that a wrong clock can't block updates."""

from datetime import datetime, timedelta

from emsp.ocpi.datetimes import canonical_datetime

CLOCKS_APART = timedelta(minutes=10)
"""How much later than our clock a credible `last_updated` may be."""
CLOCK_WAS_SET = range(2014, 9001)
"""The credible years. OCPI is younger, so an earlier year shows a clock that was never set."""
BEFORE_ALL = "0001-01-01T00:00:00.000000000Z"
"""Replaces a `last_updated` that is not credible. It is earlier than all others."""


def is_credible(last_updated: str, received_at: datetime) -> bool:
    """Whether a canonical `last_updated` is credible for an object that arrived at `received_at`.

    A `last_updated` in the future, from a wrong clock, would block all later updates.
    """
    return last_updated <= canonical_datetime(received_at + CLOCKS_APART)
