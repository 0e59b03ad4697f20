"""Times as files and statements of a month write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from emsp.pricing.local_time import local_time


def local_text(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """Return the local time as spreadsheets read it, or None if there is none (local_time)."""
    local = local_time(moment, zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local else None


def utc_text(moment: datetime | None) -> str | None:
    """Return the time in UTC with `Z`, in whole seconds; None stays None."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None
