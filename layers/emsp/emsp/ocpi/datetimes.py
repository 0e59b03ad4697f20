"""OCPI's DateTime (types chapter): read in every form that peers send, written in OCPI's form."""

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
    """A UTC datetime that keeps its original text. Peers send forms and digits that a datetime cannot
    keep.
    """

    written: str | None = None


def parse_datetime(text: str) -> datetime:
    """Return the moment that `text` names, in UTC.

    Accepts what peers send: with `Z`, `z`, `UTC`, an offset or none (which means UTC), a `T` or a space, and
    any number of digits after the second, or no second. 24:00:00 is the end of the day, and 23:59:60 a leap
    second (ISO 8601). The datetime has six of those digits, and `WrittenDateTime.written` has all. Raises
    `ValueError` for anything else, and for days and hours that do not exist.
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
    """Return the moment that `text` names. Raises `ValueError` unless it has exactly OCPI's form."""
    if _OCPI_FORM.fullmatch(text) is None:
        raise ValueError("is not written as OCPI's DateTime, such as 2015-06-29T20:39:09Z")
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"is a DateTime of more than {_MAX_LENGTH} characters")
    return parse_datetime(text)


def write_datetime(moment: datetime) -> str:
    """Return OCPI's text for a moment: its original text, or else UTC with `Z`.

    It has milliseconds, because OCPI allows 25 characters. Raises `ValueError` for a datetime without a time
    zone.
    """
    written = getattr(moment, "written", None)
    if isinstance(written, str):
        return written
    text = _in_utc(moment).isoformat(timespec="milliseconds" if moment.microsecond >= 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def canonical_datetime(moment: datetime | str) -> str:
    """`2026-11-22T10:00:00.000000000Z`: one text for each moment, so that texts compare as times.

    Keeps nine digits of the second if the original text has them. Raises `ValueError` for a text that is not
    a date and time, and for a datetime without a time zone.
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
