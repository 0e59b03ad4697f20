"""What a settlement is made with, wired to its function's settings."""

from zoneinfo import ZoneInfo

from emsp.pricing.time_zone import zone_named
from emsp.settings import InvalidSetting, Settings


def zone_of_accounts(settings: Settings) -> ZoneInfo:
    """Raises InvalidSetting where there is no such zone."""
    name = settings.settlement_time_zone
    zone = zone_named(name)
    if zone is None:
        raise InvalidSetting("SETTLEMENT_TIME_ZONE", name, "an IANA time zone, as Asia/Kolkata")
    return zone
