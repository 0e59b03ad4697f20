"""A Location's `time_zone` -> the zone whose wall clock restrictions are held against."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


def zone_named(name: str | None) -> ZoneInfo | None:
    """The time zone of an IANA name, in any case ("asia/kolkata"); None where there is no such ("IST": of
    India, Israel or Ireland).
    """
    if name is None or not name.strip():
        return None
    wanted = name.strip()
    try:
        return ZoneInfo(wanted)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        spelled = _by_folded_name().get(wanted.casefold())
        return ZoneInfo(spelled) if spelled else None


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
