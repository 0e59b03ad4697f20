"""Find the start of a session and the time of its last push, even if the CPO's clock is wrong.

A session can't start before its command, or after the first push in which it is ACTIVE. A clock that was
never set (1970, 2000), or that shows local time as UTC, contradicts this by hours. Without I/O.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.ocpi.wrong_clocks import CLOCK_WAS_SET, CLOCKS_APART
from emsp.pricing.notes import Code, Note
from emsp.pricing.price_session import PERIODS_AT_MOST
from emsp.pricing.read_tariff import moment_of, word
from emsp.stores.sessions import StoredSession

RESERVED_BEFORE: Final = timedelta(days=1)
"""The longest time from the start of a reservation to the start of its session."""


@dataclass(frozen=True)
class Seen:
    """Times of a session by our own clock, in UTC. None means unknown.

    `commanded_at`: when its command was sent. `first_push`: when the first push arrived in which it was
    ACTIVE.
    """

    commanded_at: datetime | None = None
    first_push: datetime | None = None
    last_push: datetime | None = None

    @classmethod
    def of(cls, stored: StoredSession) -> "Seen":
        return cls(stored.commanded_at, stored.first_active_at, stored.received_at)


@dataclass(frozen=True)
class SessionStart:
    """The start of a session, from `earliest` to `latest`. None means unknown.

    Both are equal unless there is a `contradiction`.
    """

    earliest: datetime | None
    latest: datetime | None
    contradiction: Note | None = None


def start_of(session: JsonObject, seen: Seen) -> SessionStart:
    """Return the start of a session: the stated start, corrected by our own times. Raises no errors."""
    stated = credible_time(session.get("start_date_time"))
    first, last = seen.commanded_at, seen.first_push
    if first and last and first > last:
        first = None
    too_early = stated is not None and first is not None and stated < first - CLOCKS_APART
    too_late = stated is not None and last is not None and stated > last + CLOCKS_APART
    if stated is not None and not (too_early or too_late):
        within = max(stated, first) if first else stated
        within = min(within, last) if last else within
        return SessionStart(within, within)
    latest = last or first
    contradiction = None
    if session.get("start_date_time") is not None and latest is not None:
        problem = "before its command was sent" if too_early else "after its first push"
        problem = problem if stated else "not a credible time"
        message = f"start_date_time {str(session['start_date_time'])[:40]} is {problem}"
        contradiction = Note(Code.CONTRADICTED, message)
    return SessionStart(first or latest, latest, contradiction)


def until(session: JsonObject, start: datetime, seen: Seen) -> datetime | None:
    """Return the end of a session or, if it has none, the time of its last push.

    Return None if no time is credible.
    """
    last = seen.last_push
    for name in ("end_date_time", "last_updated"):
        stated = credible_time(session.get(name))
        if stated and stated >= start and (last is None or stated <= last + CLOCKS_APART):
            return stated
    return last if last and last >= start else None


def with_credible_periods(session: JsonObject, start: datetime, end: datetime) -> JsonObject:
    """Return the session with charging periods that begin between `start` and `end`.

    A period without a time, or with a time outside of this range, gets the time of the period before it. A
    reservation may begin a day before `start`. Members that are not objects are removed. Without periods the
    `kwh` of the session is used.
    """
    listed = session.get("charging_periods")
    if listed is None or (isinstance(listed, list) and len(listed) > PERIODS_AT_MOST):
        return session  # too many periods to be priced
    periods: list[JsonValue] = []
    begins = start
    for period in objects_in(session, "charging_periods"):
        stated = credible_time(period.get("start_date_time"))
        earliest = start - RESERVED_BEFORE if _is_reserved(period) else start
        if stated is not None and earliest - CLOCKS_APART <= stated <= end + CLOCKS_APART:
            begins = min(max(stated, earliest), end)
        dimensions: JsonValue = [*objects_in(period, "dimensions")]
        periods.append({**period, "start_date_time": write_datetime(begins), "dimensions": dimensions})
    return {**session, "charging_periods": periods}


def _is_reserved(period: JsonObject) -> bool:
    dimensions = objects_in(period, "dimensions")
    return any(word(each.get("type")).upper() == "RESERVATION_TIME" for each in dimensions)


def credible_time(value: object) -> datetime | None:
    """Return the time, or None if the value is no time, or if its year shows that the clock was not set."""
    moment = moment_of(value) if isinstance(value, str) else None
    return moment if moment and moment.year in CLOCK_WAS_SET else None
