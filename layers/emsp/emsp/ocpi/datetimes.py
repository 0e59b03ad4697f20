"""OCPI's DateTime (types chapter). All forms that peers send are read. OCPI's form is written."""

import re
from datetime import UTC, datetime, timedelta

_ANY_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?"
    r"\s?(?:(Z|UTC|GMT)|([+-]\d\d):?([0-5]\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_DAYS_END = ("24:00", "00")
_LEAP_SECOND = "60"
_OCPI_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?", re.ASCII)
_MAX_LENGTH = 25


class WrittenDateTime(datetime):
    """A UTC datetime with its original text, which may have more digits than a datetime can have."""

    written: str | None = None


def parse_datetime(text: str) -> datetime:
    """Return the time that `text` states, in UTC. Raises ValueError for any other text.

    These are accepted: `Z`, `z`, `UTC`, an offset or nothing (UTC); a `T` or a space; no seconds, or seconds
    with any number of decimals; 24:00:00 for the end of the day, and 23:59:60 for a leap second (ISO 8601).
    The datetime has six decimals, and `WrittenDateTime.written` has all.
    """
    # The usual form needs no pattern: fromisoformat checks the digits, and the separators exclude other
    # forms.
    usual = len(text) == 20 and text[11:13] != "24" and text[17:19] != _LEAP_SECOND
    if usual and (text[4], text[7], text[10], text[13], text[19]) == ("-", "-", "T", ":", "Z"):
        return datetime.fromisoformat(text)
    match = _ANY_FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a date and time")
    date, time, second, fraction, _, hours, minutes = match.groups()
    later = timedelta()
    if (time, second or "00") == _DAYS_END and not (fraction or "").strip("0"):
        time, later = "00:00", timedelta(days=1)
    elif second == _LEAP_SECOND:
        second, later = "59", timedelta(seconds=1)
    moment = datetime.fromisoformat(f"{date}T{time}:{second or '00'}.{(fraction or '0')[:6]:0<6}+00:00")
    if hours:
        offset = timedelta(hours=int(hours), minutes=int(hours[0] + (minutes or "00")))
        if abs(offset) >= timedelta(days=1):
            raise ValueError(f"{text!r} is more than a day away from UTC")
        later -= offset
    try:
        moment += later
    except OverflowError:
        raise ValueError(f"{text!r} is before the first year or after the last") from None
    kept = WrittenDateTime.combine(moment.date(), moment.timetz())
    kept.written = text
    return kept


def parse_ocpi_datetime(text: str) -> datetime:
    """Return the time that `text` states. Raises ValueError if it is not in OCPI's form."""
    if _OCPI_FORM.fullmatch(text) is None:
        raise ValueError("is not written as OCPI's DateTime, such as 2015-06-29T20:39:09Z")
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"is a DateTime of more than {_MAX_LENGTH} characters")
    return parse_datetime(text)


def write_datetime(moment: datetime) -> str:
    """Return OCPI's text for a time: its original text, or UTC with milliseconds and `Z`.

    OCPI allows 25 characters, so there is no space for microseconds. Raises ValueError for a datetime without
    a time zone.
    """
    written = getattr(moment, "written", None)
    if isinstance(written, str):
        return written
    text = _in_utc(moment).isoformat(timespec="milliseconds" if moment.microsecond >= 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def canonical_datetime(moment: datetime | str) -> str:
    """Return the time as text with nine decimals, `2026-11-22T10:00:00.000000000Z`, so that texts compare as
    times.

    All nine decimals of a text or a WrittenDateTime are kept. Raises ValueError for a text that is no date
    and time, and for a datetime without a time zone.
    """
    if isinstance(moment, str):
        moment = parse_datetime(moment)
    second = _in_utc(moment).isoformat(timespec="microseconds")[:19]
    written = getattr(moment, "written", None)
    match = _ANY_FORM.fullmatch(written) if isinstance(written, str) else None
    fraction = (match[4] or "") if match else f"{moment.microsecond:06}"
    return f"{second}.{fraction[:9]:0<9}Z"


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: make it with datetime.now(UTC)")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
