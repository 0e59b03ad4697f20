"""Find the time zone of a Location. Its wall clock decides whether restrictions are met."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


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


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
