"""Decide whether a charging period meets the restrictions of a tariff element.

Source: OCPI 2.2.1, mod_tariffs, TariffRestrictions. The start of the period decides, because a CPO has to
begin a new period when a price changes. If a restriction changes within a period, that is reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from fractions import Fraction
from functools import cached_property
from typing import Final, Protocol

from emsp.pricing.amounts import less
from emsp.pricing.notes import Code, Note
from emsp.pricing.periods import PricingPeriod, since_midnight_us

DAY_US: Final = 86_400_000_000
_MIDNIGHT: Final = time()


class Match(IntEnum):
    """How far a period meets a restriction. The greatest Match of an element's restrictions is that of the
    element.
    """

    HOLDS = 0
    HOLDS_AT_START = 1
    UNKNOWN = 2
    HOLDS_LATER = 3
    NEVER = 4


def match_of(at_start: bool, changes: bool) -> Match:
    """Return the Match of a restriction.

    `at_start` says whether the period meets it at its start, `changes` whether that changes in the period.
    """
    if at_start:
        return Match.HOLDS_AT_START if changes else Match.HOLDS
    return Match.HOLDS_LATER if changes else Match.NEVER


class Restriction(Protocol):
    """A restriction, or two that belong together, such as start_time and end_time."""

    def judge(self, period: PricingPeriod) -> Match: ...

    def unjudged(self) -> Note:
        """Return why it is unknown whether the period meets the restriction."""
        ...

    def can_match(self) -> bool:
        """Return False if no period can meet the restriction."""
        ...


class _LocalTime:
    """What is judged by the Location's wall clock."""

    def unjudged(self) -> Note:
        return Note(Code.NO_TIME_ZONE, f"{self}, but the location's time_zone is not known")


@dataclass(frozen=True)
class TimeOfDay(_LocalTime):
    """The time of day from `start` until before `end`, on the Location's wall clock.

    If the end is earlier than the start, it is on the next day. An end of 00:00 is the end of the day.
    """

    start: time
    end: time

    @cached_property
    def edges_us(self) -> tuple[int, int]:
        return since_midnight_us(self.start), since_midnight_us(self.end)

    def judge(self, period: PricingPeriod) -> Match:
        clock = period.clock_us
        if clock is None:
            return Match.UNKNOWN
        now, first, lasting = clock
        start, end = self.edges_us
        if start == end:
            return Match.HOLDS if end == 0 else Match.NEVER
        holds = start <= now < end if start < end else now >= start or now < end
        changes = (
            lasting > DAY_US or 0 < (start - first) % DAY_US < lasting or 0 < (end - first) % DAY_US < lasting
        )
        return match_of(holds, changes)

    def can_match(self) -> bool:
        return self.start != self.end or self.start == _MIDNIGHT

    def __str__(self) -> str:
        return f"from {self.start:%H:%M} to {self.end:%H:%M} local time"


@dataclass(frozen=True)
class Dates(_LocalTime):
    """The local days from `start` until before `end`. None means no limit."""

    start: date | None
    end: date | None

    def judge(self, period: PricingPeriod) -> Match:
        local = period.local_start
        if local is None:
            return Match.UNKNOWN
        first, last = period.wall
        changes = any(
            first < datetime.combine(edge, _MIDNIGHT) < last for edge in (self.start, self.end) if edge
        )
        return match_of(self._matches(local.date()), changes)

    def _matches(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def can_match(self) -> bool:
        return self.start is None or self.end is None or self.start < self.end

    def __str__(self) -> str:
        since = f"from {self.start}" if self.start else ""
        until = f"until before {self.end}" if self.end else ""
        return f"{since} {until}".strip()


@dataclass(frozen=True)
class DaysOfWeek(_LocalTime):
    """The local days of the week; 0 is Monday. After midnight the next day counts."""

    days: frozenset[int]
    names: str

    def judge(self, period: PricingPeriod) -> Match:
        local = period.local_start
        if local is None:
            return Match.UNKNOWN
        shown = period.weekdays
        holds = local.weekday() in self.days
        return match_of(holds, not (shown <= self.days if holds else shown.isdisjoint(self.days)))

    def can_match(self) -> bool:
        return bool(self.days)

    def __str__(self) -> str:
        return f"on {self.names}"


@dataclass(frozen=True)
class Between:
    """The quantity used so far, from `least` until below `most`: energy (`kwh`) or seconds (`duration`)."""

    of: str
    least: Fraction | None
    most: Fraction | None

    def judge(self, period: PricingPeriod) -> Match:
        before, after = period.energy if self.of == "kwh" else period.seconds
        least, most = self.least, self.most
        holds = (least is None or not less(before, least)) and (most is None or less(before, most))
        changes = any(edge is not None and _crosses(before, after, edge) for edge in (least, most))
        return match_of(holds, changes)

    def unjudged(self) -> Note:
        return Note(Code.NOT_DIVIDED, f"{self}, but the charge is not divided into periods")

    def can_match(self) -> bool:
        most_allows = self.most is None or self.most > 0
        return most_allows and (self.least is None or self.most is None or self.least < self.most)

    def __str__(self) -> str:
        since = f"from {float(self.least):g}" if self.least is not None else ""
        until = f"below {float(self.most):g}" if self.most is not None else ""
        return f"{since} {until} {'kWh' if self.of == 'kwh' else 's since the start'}".strip()


def _crosses(before: Fraction, after: Fraction, edge: Fraction) -> bool:
    """Whether a quantity crosses `edge` upwards or downwards. Energy goes down when a car feeds it back."""
    if less(before, edge):
        return less(edge, after)
    return less(after, edge)


@dataclass(frozen=True)
class Measured:
    """A measured value, in A or kW as the sum of the phases. `of` is CURRENT or POWER.

    It has to be at least `edge` if `is_least`, else below `edge`. min_power is compared with MIN_POWER, and
    max_power with MAX_POWER, so the whole period meets the restriction. If the period has no such value, the
    result is unknown.
    """

    of: str
    edge: Fraction
    is_least: bool

    def judge(self, period: PricingPeriod) -> Match:
        low, high = period.measured.get(f"MIN_{self.of}"), period.measured.get(f"MAX_{self.of}")
        own, other = (low, high) if self.is_least else (high, low)
        if own is None:
            return Match.UNKNOWN
        holds = self._matches(own)
        return match_of(holds, other is not None and self._matches(other) != holds)

    def _matches(self, value: Fraction) -> bool:
        return less(value, self.edge) != self.is_least

    def unjudged(self) -> Note:
        return Note(Code.NOT_MEASURED, f"{self}, but a period does not state its {self.of.lower()}")

    def can_match(self) -> bool:
        return self.is_least or self.edge > 0

    def __str__(self) -> str:
        unit = "kW" if self.of == "POWER" else "A"
        return f"{'from' if self.is_least else 'below'} {float(self.edge):g} {unit}"


@dataclass(frozen=True)
class Unreadable:
    """A restriction with an unknown name or an unreadable value. It is unknown whether a period meets it."""

    note: Note

    def judge(self, period: PricingPeriod) -> Match:  # noqa: ARG002
        return Match.UNKNOWN

    def unjudged(self) -> Note:
        return self.note

    def can_match(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.note.message


def judge_all(restrictions: Iterable[Restriction], period: PricingPeriod) -> Match:
    """Return how far the period meets all restrictions together."""
    worst = Match.HOLDS
    for restriction in restrictions:
        match = restriction.judge(period)
        if match is Match.NEVER:
            return match
        worst = max(worst, match)
    if period.undivided and worst in (Match.HOLDS_AT_START, Match.HOLDS_LATER):
        return Match.UNKNOWN
    return worst


def why_unknown(restrictions: Iterable[Restriction], period: PricingPeriod) -> list[Note]:
    """Return why it is unknown whether the period meets the restrictions."""
    notes = []
    for restriction in restrictions:
        match = restriction.judge(period)
        if match is Match.UNKNOWN:
            notes.append(restriction.unjudged())
        elif period.undivided and match is not Match.HOLDS:
            notes.append(Note(Code.NOT_DIVIDED, f"{restriction}, but the charge is not divided into periods"))
    return notes
