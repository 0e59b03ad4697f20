"""Convert a time to the time zone of a Location. Its wall clock decides whether restrictions are met."""

from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

YEARS: Final = range(1900, 9001)
"""A time in any other year can't be converted to every time zone."""


def zone_named(name: str | None) -> ZoneInfo | None:
    """Return the time zone with this IANA name, in any case ("asia/kolkata"), or None for any other name.

    "IST" is no IANA name: it may be India, Israel or Ireland.
    """
    if name is None or not name.strip():
        return None
    wanted = name.strip()
    try:
        return ZoneInfo(wanted)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        spelled = _by_folded_name().get(wanted.casefold())
        return ZoneInfo(spelled) if spelled else None


def local_time(moment: datetime | None, zone: ZoneInfo | None) -> datetime | None:
    """Return the moment in this time zone, or None if one of the two is unknown or the year is not in
    YEARS.
    """
    return moment.astimezone(zone) if moment and zone and moment.year in YEARS else None


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
