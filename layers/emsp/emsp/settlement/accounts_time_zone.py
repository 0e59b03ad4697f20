"""Read the time zone of the accounts from the settings of a function."""

from zoneinfo import ZoneInfo

from emsp.pricing.local_time import zone_named
from emsp.settings import InvalidSetting, Settings


def zone_of_accounts(settings: Settings) -> ZoneInfo:
    """Return the time zone of the accounts. Raises InvalidSetting if it is no IANA time zone."""
    name = settings.settlement_time_zone
    zone = zone_named(name)
    if zone is None:
        raise InvalidSetting("SETTLEMENT_TIME_ZONE", name, "an IANA time zone such as Asia/Kolkata")
    return zone
