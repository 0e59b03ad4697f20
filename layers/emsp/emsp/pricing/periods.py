"""The charging periods of a charge, each with what was used before it. Restrictions need both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from emsp.ocpi.datetimes import write_datetime
from emsp.pricing.amounts import ZERO
from emsp.pricing.local_time import local_time

_MICROSECOND: Final = timedelta(microseconds=1)
_WEEKDAYS: Final = {
    (first, more): frozenset((first + day) % 7 for day in range(more + 1))
    for first in range(7)
    for more in range(7)
}
"""Maps a day of the week and a number of further days to the set of these weekdays; 0 is Monday."""


class Dimension(StrEnum):
    """What a volume measures and a price component prices. ENERGY is in kWh, times are in seconds."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    RESERVATION_TIME = "RESERVATION_TIME"
    TIME = "TIME"


@dataclass(frozen=True)
class PricingPeriod:
    """A charging period: its time, its volumes, and what was used before it.

    `position` is the period's position in the CDR, from 0. `energy` (kWh) and `seconds` are the totals of the
    session before and after the period. `measured` has values such as MIN_POWER. `unread` are the dimensions
    whose volume can't be read. `undivided` is True for a session without periods: the order of its volumes is
    unknown.
    """

    position: int
    starts: datetime
    ends: datetime
    energy: tuple[Fraction, Fraction]
    seconds: tuple[Fraction, Fraction]
    volumes: Mapping[Dimension, Fraction]
    measured: Mapping[str, Fraction] = field(default_factory=dict)
    tariff_id: str | None = None
    zone: ZoneInfo | None = None
    undivided: bool = False
    unread: frozenset[Dimension] = frozenset()

    def volume(self, dimension: Dimension) -> Fraction:
        return self.volumes.get(dimension, ZERO)

    @property
    def is_merely_reserved(self) -> bool:
        return bool(self.volume(Dimension.RESERVATION_TIME)) and not (
            self.volume(Dimension.ENERGY)
            or self.volume(Dimension.TIME)
            or self.volume(Dimension.PARKING_TIME)
        )

    @cached_property
    def local(self) -> datetime | None:
        """The start in the Location's time zone, or None if the zone is unknown."""
        return local_time(self.starts, self.zone)

    @cached_property
    def local_start(self) -> datetime | None:
        """The start on the Location's wall clock, as a datetime without a zone. None if the zone is
        unknown.
        """
        return None if self.local is None else self.local.replace(tzinfo=None)

    @cached_property
    def began(self) -> Mapping[str, str | None]:
        """The start as JSON: in UTC and, if the zone is known, in the Location's zone."""
        local = self.local
        return {
            "start_date_time": write_datetime(self.starts),
            "local_time": None if local is None else local.isoformat(),
        }

    @cached_property
    def shown(self) -> str:
        """The start on the wall clock, as text: `10:00 IST`."""
        local = self.local
        return f"{local.hour:02}:{local.minute:02} {local.tzname()}" if local else "its start"

    @cached_property
    def clock_us(self) -> tuple[int, int, int] | None:
        """Three times in microseconds, or None if the zone is unknown.

        They are: the time of day at the start, the earliest time of day that the wall clock shows in the
        period, and the time from then until the end.
        """
        if self.local_start is None:
            return None
        first, last = self.wall
        return since_midnight_us(self.local_start), since_midnight_us(first), (last - first) // _MICROSECOND

    @cached_property
    def weekdays(self) -> frozenset[int]:
        """The days of the week in the period, on the wall clock; 0 is Monday."""
        first, last = self.wall
        covered = (max(first, last - _MICROSECOND).date() - first.date()).days
        return _WEEKDAYS[first.weekday(), min(covered, 6)]

    @cached_property
    def wall(self) -> tuple[datetime, datetime]:
        """The first and the last time that the wall clock shows in the period.

        If daylight saving begins or ends in the period, the range is longer by the shift.
        """
        first = self.local_start or self.starts.replace(tzinfo=None)
        last = self.ends.astimezone(self.zone).replace(tzinfo=None)
        shift = abs((last - first) - (self.ends - self.starts))
        return (first - shift, last + shift) if shift else (first, last)


def since_midnight_us(clock: time | datetime) -> int:
    """Return the microseconds since midnight, by the wall clock."""
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
