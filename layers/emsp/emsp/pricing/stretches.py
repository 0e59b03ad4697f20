"""What a restriction is held against: one charging period, with all that came before it in the session."""

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

_MICROSECOND: Final = timedelta(microseconds=1)
_WEEKDAYS: Final = {
    (first, more): frozenset((first + day) % 7 for day in range(more + 1))
    for first in range(7)
    for more in range(7)
}
"""By the first of them, and how many more there are."""


class Dimension(StrEnum):
    """What a volume measures and a price component prices. ENERGY in kWh, times in seconds."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    RESERVATION_TIME = "RESERVATION_TIME"
    TIME = "TIME"


@dataclass(frozen=True)
class Stretch:
    """A charging period: when, how much, and after how much. `measured` holds MIN_POWER and the like.

    `position` is the period's place in the CDR, from 0. `undivided`: it stands for a whole session
    without periods, so nobody knows what was first. `unread`: what has a volume that can't be read. `energy`
    and `seconds` are (before, after) it.
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
        """The start in the Location's zone; None where that is not known."""
        return None if self.zone is None else self.starts.astimezone(self.zone)

    @cached_property
    def local_start(self) -> datetime | None:
        """The start on the wall clock of the Location, without a zone; None where its zone is not known."""
        return None if self.local is None else self.local.replace(tzinfo=None)

    @cached_property
    def began(self) -> Mapping[str, str | None]:
        """When, as it is told: in UTC, and in the Location's zone where that is known."""
        local = self.local
        return {
            "start_date_time": write_datetime(self.starts),
            "local_time": None if local is None else local.isoformat(),
        }

    @cached_property
    def shown(self) -> str:
        """What the clock showed then: `10:00 IST`."""
        local = self.local
        return f"{local.hour:02}:{local.minute:02} {local.tzname()}" if local else "its start"

    @cached_property
    def clock_us(self) -> tuple[int, int, int] | None:
        """In microseconds: the time of day at the start, that of the earliest that the wall clock can have
        shown, and for how long it went on. None where its zone is not known.
        """
        if self.local_start is None:
            return None
        first, last = self.wall
        return since_midnight_us(self.local_start), since_midnight_us(first), (last - first) // _MICROSECOND

    @cached_property
    def weekdays(self) -> frozenset[int]:
        """The days of the week that the wall clock can have shown, 0 being Monday."""
        first, last = self.wall
        covered = (max(first, last - _MICROSECOND).date() - first.date()).days
        return _WEEKDAYS[first.weekday(), min(covered, 6)]

    @cached_property
    def wall(self) -> tuple[datetime, datetime]:
        """All that the wall clock can have shown: wider by the shift where the clock was put forward or
        back.
        """
        first = self.local_start or self.starts.replace(tzinfo=None)
        last = self.ends.astimezone(self.zone).replace(tzinfo=None)
        shift = abs((last - first) - (self.ends - self.starts))
        return (first - shift, last + shift) if shift else (first, last)


def since_midnight_us(clock: time | datetime) -> int:
    """In microseconds, by the clock."""
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
