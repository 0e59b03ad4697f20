"""Whether a location is open at a given time (OCPI 2.2.1, mod_locations, Hours). Without I/O."""

from datetime import datetime, timedelta
from typing import Final

from emsp.ocpi.json_text import JsonObject, objects_in
from emsp.pricing.local_time import zone_named
from emsp.pricing.read_tariff import moment_of, word

PERIODS_AT_MOST: Final = 500
DAY: Final = timedelta(days=1)


def open_at(location: JsonObject, moment: datetime, zone_name: str | None) -> bool | None:
    """Whether the location is open, or None if its hours are missing or unreadable. `moment` has a time
    zone.
    """
    hours = location.get("opening_times")
    if not isinstance(hours, dict):
        return None
    closed = _within(hours, "exceptional_closings", moment)
    if closed or _within(hours, "exceptional_openings", moment) or hours.get("twentyfourseven") is True:
        return not closed
    zone = zone_named(zone_name or "")
    if zone is None or not isinstance(hours.get("regular_hours"), list):
        return None
    local = moment.astimezone(zone)
    now = local.strftime("%H:%M")
    for period in list(objects_in(hours, "regular_hours"))[:PERIODS_AT_MOST]:
        begin, end = word(period.get("period_begin")), word(period.get("period_end"))
        weekday = str(period.get("weekday"))
        over_midnight = end <= begin
        today = weekday == str(local.isoweekday()) and begin <= now and (now < end or over_midnight)
        if today or (over_midnight and weekday == str((local - DAY).isoweekday()) and now < end):
            return True
    return False


def _within(hours: JsonObject, name: str, moment: datetime) -> bool:
    for period in list(objects_in(hours, name))[:PERIODS_AT_MOST]:
        begin, end = (moment_of(period.get(each)) for each in ("period_begin", "period_end"))
        if begin is not None and end is not None and begin <= moment < end:
            return True
    return False
