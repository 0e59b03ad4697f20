"""A calendar month in the time zone of the accounts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from emsp.invocation import InvalidInvocation
from emsp.ocpi.datetimes import canonical_datetime

PREVIOUS: Final = "previous"
"""The name of the previous month. The schedule uses it."""

MonthName = Annotated[str, Field(pattern=rf"^(20\d\d-(0[1-9]|1[0-2])|{PREVIOUS})$")]
"""The name of a month in a payload: `2026-10`, or PREVIOUS."""


@dataclass(frozen=True)
class Month:
    """A month: its first day, and its time zone."""

    first: date
    zone: ZoneInfo

    @classmethod
    def named(cls, name: str, zone: ZoneInfo, now: datetime) -> Self:
        """Return the month with a name such as `2026-10`, or the one before `now` for PREVIOUS. Raises
        ValueError.
        """
        if name != PREVIOUS:
            return cls(date.fromisoformat(f"{name}-01"), zone)
        running = now.astimezone(zone).date().replace(day=1)
        last = running.replace(year=running.year - 1, month=12) if running.month == 1 else None
        return cls(last or running.replace(month=running.month - 1), zone)

    @classmethod
    def begun(cls, name: str, zone: ZoneInfo, now: datetime) -> Self:
        """Return the month as `named` does. Raises InvalidInvocation if it has not begun."""
        month = cls.named(name, zone, now)
        if month.start > now:
            raise InvalidInvocation(f"month {month.name} has not begun: give an earlier one")
        return month

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def start(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The start of the next month."""
        year, month = self.first.year, self.first.month
        return self._midnight(date(year + month // 12, month % 12 + 1, 1))

    @property
    def span(self) -> tuple[str, str]:
        """Return the start and the end as canonical texts."""
        return canonical_datetime(self.start), canonical_datetime(self.end)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
