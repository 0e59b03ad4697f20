"""What a restriction is held against: one charging period, with all that came before it in the session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from emsp.charges.amounts import ZERO

_MICROSECOND: Final = timedelta(microseconds=1)


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
    without periods, so nobody knows what was first. `energy` and `seconds` are (before, after) it.
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
    def clock_us(self) -> tuple[int, int]:
        """Where in the day the wall clock began, and how long it went on, in microseconds."""
        first, last = self.wall
        since_midnight = first - first.replace(hour=0, minute=0, second=0, microsecond=0)
        return since_midnight // _MICROSECOND, (last - first) // _MICROSECOND

    @cached_property
    def weekdays(self) -> frozenset[int]:
        """The days of the week that the wall clock can have shown, 0 being Monday."""
        first, last = self.wall
        covered = (max(first, last - _MICROSECOND).date() - first.date()).days
        return frozenset((first.weekday() + day) % 7 for day in range(min(covered, 6) + 1))

    @cached_property
    def wall(self) -> tuple[datetime, datetime]:
        """All that the wall clock can have shown: wider by the shift where the clock was put forward or
        back.
        """
        first, last = self.local or self.starts, self.ends.astimezone(self.zone)
        shift = abs((first.utcoffset() or timedelta()) - (last.utcoffset() or timedelta()))
        return first.replace(tzinfo=None) - shift, last.replace(tzinfo=None) + shift
