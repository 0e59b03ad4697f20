"""Read the `restrictions` of a tariff element into objects that can be judged, one for each condition.

Source: OCPI 2.2.1, mod_tariffs, TariffRestrictions.
"""

import re
from collections.abc import Callable
from datetime import date, time
from fractions import Fraction
from functools import cache
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.tariff_enums import DayOfWeek, ReservationRestrictionType
from emsp.pricing.amounts import exact
from emsp.pricing.notes import Code, Note
from emsp.pricing.restrictions import (
    Between,
    Dates,
    DaysOfWeek,
    Measured,
    Restriction,
    TimeOfDay,
    Unreadable,
)

_DAYS: Final = {day.value: number for number, day in enumerate(DayOfWeek)}
_CLOCK: Final = re.compile(r"(\d\d?):(\d\d)(?::00)?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_KNOWN: Final = {
    *("start_time", "end_time", "start_date", "end_date", "min_kwh", "max_kwh", "day_of_week", "reservation"),
    *("min_current", "max_current", "min_power", "max_power", "min_duration", "max_duration"),
}


class _Invalid(ValueError):
    """A restriction has an invalid value."""


def read_restrictions(value: JsonValue, place: str) -> tuple[tuple[Restriction, ...], list[Note]]:
    """Return the restrictions, and notes about them. None and {} restrict nothing."""
    if value is None:
        return (), []
    if not isinstance(value, dict):
        note = Note(Code.INVALID_RESTRICTION, f"{place}: restrictions is not an object")
        return (Unreadable(note),), [note]
    found: list[Restriction] = []
    notes: list[Note] = []
    given: JsonObject = {name: member for name, member in value.items() if member is not None}
    for names, read in _readers():
        if names.isdisjoint(given):
            continue
        try:
            restriction = read(given)
        except _Invalid as invalid:
            notes.append(Note(Code.INVALID_RESTRICTION, f"{place}: {invalid}"))
            restriction = Unreadable(notes[-1])
        if restriction is not None:
            found.append(restriction)
    for name in sorted(given.keys() - _KNOWN):
        notes.append(Note(Code.UNKNOWN_RESTRICTION, f"{place}: OCPI has no restriction {name}"))
        found.append(Unreadable(notes[-1]))
    return tuple(found), notes


type _Reader = tuple[frozenset[str], Callable[[JsonObject], Restriction | None]]


@cache
def _readers() -> list[_Reader]:
    """Return the readers.

    Cheap restrictions come first, because the first that is not met ends the search.
    """

    def measured(name: str) -> Callable[[JsonObject], Restriction]:
        edge, _, of = name.partition("_")
        return lambda given: Measured(of.upper(), _number(given, name), edge == "min")

    readers: list[tuple[tuple[str, ...], Callable[[JsonObject], Restriction | None]]] = [
        (("reservation",), _reservation),
        (("start_time", "end_time"), _times),
        (("day_of_week",), _days),
        (("start_date", "end_date"), _dates),
        (("min_kwh", "max_kwh"), lambda given: _between("kwh", given)),
        (("min_duration", "max_duration"), lambda given: _between("duration", given)),
        *[((name,), measured(name)) for name in ("min_current", "max_current", "min_power", "max_power")],
    ]
    return [(frozenset(names), read) for names, read in readers]


def _reservation(given: JsonObject) -> None:
    """Check `reservation`, which only decides the list that the element is in. Raises _Invalid."""
    value = given["reservation"]
    if not isinstance(value, str) or value.strip().upper() not in set(ReservationRestrictionType):
        raise _Invalid(f"reservation is {str(value)[:40]!r}, which OCPI does not know")


def _number(given: JsonObject, name: str) -> Fraction:
    number = exact(given[name])
    if number is None:
        raise _Invalid(f"{name} is not a number")
    return number


def _between(of: str, given: JsonObject) -> Between:
    least, most = f"min_{of}", f"max_{of}"
    return Between(
        of,
        _number(given, least) if least in given else None,
        _number(given, most) if most in given else None,
    )


def _days(given: JsonObject) -> DaysOfWeek | None:
    value = given["day_of_week"]
    if not isinstance(value, list):
        raise _Invalid("day_of_week is not a list")
    if not value:
        return None
    names = [str(each).strip().upper() for each in value]
    if unknown := [name for name in names if name not in _DAYS]:
        raise _Invalid(f"day_of_week has {unknown[0][:40]!r}")
    return DaysOfWeek(frozenset(_DAYS[name] for name in names), ", ".join(name.title() for name in names))


def _times(given: JsonObject) -> TimeOfDay:
    return TimeOfDay(_clock(given, "start_time"), _clock(given, "end_time"))


def _clock(given: JsonObject, name: str) -> time:
    value = given.get(name, "00:00")
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise _Invalid(f"{name} is not a time of day such as 13:30")
    hour, minute = int(match[1]), int(match[2])
    if (hour, minute) == (24, 0) and name == "end_time":
        return time()
    if hour > 23 or minute > 59:
        raise _Invalid(f"{name} is not a time of day such as 13:30")
    return time(hour, minute)


def _dates(given: JsonObject) -> Dates:
    return Dates(_date(given, "start_date"), _date(given, "end_date"))


def _date(given: JsonObject, name: str) -> date | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value.strip()):
            raise _Invalid(f"{name} is not a date such as 2026-12-24")
        return date.fromisoformat(value.strip())
    except ValueError:
        raise _Invalid(f"{name} is not a date such as 2026-12-24") from None
