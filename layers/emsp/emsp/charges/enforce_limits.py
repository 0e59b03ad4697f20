"""Compare running sessions with their limits, every minute. Report sessions near a limit, and stop those
beyond it.

Also stop a session that began after we had answered that it would not. Each run examines the commands that
are due. A push of the session makes its command due, and so does a time at which a limit in minutes may be
reached (stores/limited_commands.py). A report is written to the command, and its stream publishes it as
`Limit Near` or `Limit Reached` (events/limit_events.py). A stop is a command with an idempotency key, so the
CPO receives it once, even if a run is repeated.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.credible_times import Seen, SessionStart, start_of
from emsp.commands.send_command import SendCommand
from emsp.commands.spending_limit import LimitComparison, SpendingLimit, compare_with_limit, minutes_marks
from emsp.commands.started_after_timeout import started_after_timeout
from emsp.commands.states import SUCCEEDED, CommandState, is_decided
from emsp.deadline import Deadline
from emsp.hub.errors import HubError
from emsp.log import log, new_invocation
from emsp.metrics import Metric, count
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.session_status import ENDED, NOT_BEGUN, status_of
from emsp.pricing.amounts import seconds_in
from emsp.pricing.stated_quantities import Reading, energy_of
from emsp.pushes.current_session import current_session
from emsp.stores.command_records import CommandChange, CommandRecord
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore
from emsp.stores.table import StoreUnavailable, time_text

MINUTE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
"""The longest pause between two tries to stop a session. A pause is half of the time since the first try."""

TIME_KEPT_S: Final = 45.0
"""If this many seconds of the Lambda's time remain, the other sessions are left to the next run."""

TIME_OF_A_STOP_S: Final = 25.0

MOST_STEPS: Final = 6
"""The largest number of changes of a command in one examination. More would show an error in the table."""

NO_OUTCOME: Final = frozenset({CommandState.TIMEOUT, CommandState.NOT_SENT})
"""The states of a STOP_SESSION that probably did not reach the CPO."""


class LimitResult(StrEnum):
    """The results that enforce_limits counts."""

    NEAR = "near"
    CONTRADICTED = "contradicted"
    REACHED = "reached"
    STOPPED = "stopped"
    NOT_STOPPED = "not_stopped"


class LimitsNotEnforced(Exception):
    """The sessions of some commands could not be examined. All others were examined."""


@dataclass(frozen=True)
class EnforceLimits:
    """Compares the sessions that are due with their limits, and stops them if necessary."""

    limited: LimitedCommands
    commands: CommandStore
    sessions: SessionStore
    cost: CostSoFar
    send: Callable[[], SendCommand]
    """Creates SendCommand. It is called only if a session is to be stopped, and most runs stop none."""

    def __call__(self, now: datetime, deadline: Deadline) -> Counter[LimitResult]:
        """Examine all sessions that are due. Return the number of sessions with each result.

        Raises StoreUnavailable and LimitsNotEnforced. Reports and stops from before the error remain.
        """
        done: Counter[LimitResult] = Counter()
        failed = []
        unavailable: StoreUnavailable | None = None
        for command_id in self.limited.due(now):
            if deadline.remaining() < TIME_KEPT_S:
                break
            try:
                done += self._check(command_id, now)
            except StoreUnavailable as error:
                unavailable = error
            except Exception:  # noqa: BLE001  one bad session must not keep the others from being stopped
                log.exception("a limit can't be enforced", command_id=command_id)
                self.limited.check_at(command_id, now + LONGEST_PAUSE)
                failed.append(command_id)
        if unavailable:
            raise unavailable
        if failed:
            raise LimitsNotEnforced(
                f"limits of commands {', '.join(failed[:10])}: the log says what is wrong"
            )
        return done

    def _check(self, command_id: str, now: datetime) -> Counter[LimitResult]:
        done: Counter[LimitResult] = Counter()
        moved_on = now + MINUTE
        for number in range(MOST_STEPS + 1):
            try:
                record = self.commands.get(command_id)
            except UnknownCommand:
                return done  # it has expired
            if not record.enforce_at or (
                record.enforce_at > time_text(now)
                and (not number or record.enforce_at != time_text(moved_on))
            ):
                return done
            if not number:
                # If this examination fails, the next run examines the other commands first.
                self.limited.checked(record, {}, moved_on)
                continue
            step = self._step(record, now)
            if self.limited.checked(record, step.changes, moved_on if step.again == now else step.again):
                for each in step.reports:
                    done[each] += 1
                    _log(each, record)
                if step.again != now:
                    return done
            elif "stop_command_id" in step.changes and self.limited.stop_sent(record, step.changes):
                done[LimitResult.STOPPED] += 1
                _log(LimitResult.STOPPED, record)
        return done

    def _step(self, record: CommandRecord, now: datetime) -> "_Step":
        """Return the next change of the command. If `again` is `now`, another step follows at once."""
        stored = self.sessions.get(record.session_key) if record.session_key else None
        session = current_session(stored) if stored else None
        status = status_of(session) if session else ""
        if stored is None or session is None or status in ENDED:
            return _Step({}, None)
        limit = SpendingLimit.of_text(record.limit) if record.limit else None
        again: list[datetime] = []
        if limit is not None and not record.limit_reached and status not in NOT_BEGUN:
            seen = replace(Seen.of(stored), commanded_at=record.created_at)
            compared = compare_with_limit(limit, *readings_of(session, limit, seen, now, self.cost))
            step = _limit_step(record, compared, now)
            if step is not None:
                return step
            started = start_of(session, seen).latest or record.created_at
            again += [started + mark for mark in minutes_marks(limit) if started + mark > now]
        if record.stop_if_late and not record.stop_wanted_at:
            if started_after_timeout(record):
                return _Step(_wanted(record, now), now)
            if not is_decided(CommandState(record.state)):
                again.append(now + MINUTE)
        if record.stop_wanted_at and not record.stop_outcome:
            step = self._stop(record, record.stop_wanted_at, now)
            return replace(step, again=min([*again, step.again] if step.again else again, default=None))
        return _Step({}, min(again, default=None))

    def _stop(self, record: CommandRecord, wanted_at: datetime, now: datetime) -> "_Step":
        again = now + min(max((now - wanted_at) / 2, MINUTE), LONGEST_PAUSE)
        attempts = int(record.stop_attempts or 0)
        if record.stop_command_id:
            stop = self.commands.get(record.stop_command_id)
            state = CommandState(stop.state)
            if not is_decided(state):
                return _Step({}, now + MINUTE)
            if state not in NO_OUTCOME or stop.response:  # the CPO has received it, and once is enough
                result = () if state in SUCCEEDED else (LimitResult.NOT_STOPPED,)
                return _Step({"stop_outcome": state.value}, None, result)
            attempts += 1
        country_code, party_id, _ = record.session_key.split("#", 2)
        payload: JsonObject = {
            "command": "STOP_SESSION",
            "session_id": record.session_id,
            "to": {"country_code": country_code, "party_id": party_id},
            "idempotency_key": f"stop-{record.command_id}-{attempts}",
            "correlation_id": record.correlation_id,
        }
        try:
            sent = self.send()(payload, Deadline.after(TIME_OF_A_STOP_S))
        except HubError as error:
            log.warning(
                "a session could not be stopped yet: this is tried again",
                command_id=record.command_id,
                problem=f"{type(error).__name__}: {error}",
            )
            return _Step({}, again)
        finally:
            new_invocation()
        changes: dict[str, CommandChange] = {"stop_command_id": str(sent["command_id"])}
        if attempts:
            changes["stop_attempts"] = str(attempts)
        return _Step(changes, again, (LimitResult.STOPPED,))


@dataclass(frozen=True)
class _Step:
    """A step of an examination: the changes of the command, when it is due again, and what to report."""

    changes: dict[str, CommandChange]
    again: datetime | None
    reports: tuple[LimitResult, ...] = ()


def readings_of(
    session: JsonObject, limit: SpendingLimit, seen: Seen, now: datetime, cost: CostSoFar
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Return what the session has used of each limited quantity, as two maps. Raises StoreUnavailable.

    The first has the smallest value of each quantity. The second has the largest value of each quantity for
    which the session contradicts itself.
    """
    readings = {
        "minutes": _minutes(start_of(session, seen), now),
        "energy_kwh": energy_of(session),
        "cost_incl_vat": cost(session, seen).limit_reading() if limit.cost_incl_vat is not None else None,
    }
    known = {name: each for name, each in readings.items() if each is not None}
    return (
        {name: each.least for name, each in known.items()},
        {name: each.most for name, each in known.items() if each.contradiction is not None},
    )


def _limit_step(record: CommandRecord, compared: LimitComparison, now: datetime) -> _Step | None:
    """Return the step that records a new event about the limit, or None if there is none."""
    if compared.over:
        result: dict[str, CommandChange] = {"limit_reached": dump_json(compared.over)}
        return _Step({**result, **_wanted(record, now)}, now, (LimitResult.REACHED,))
    if compared.near and not record.limit_near:
        return _Step({"limit_near": dump_json(compared.near)}, now, (LimitResult.NEAR,))
    if compared.contradicted and not record.limit_contradicted:
        return _Step(
            {"limit_contradicted": dump_json(compared.contradicted)}, now, (LimitResult.CONTRADICTED,)
        )
    return None


def _minutes(start: SessionStart, now: datetime) -> Reading | None:
    """Return the minutes since the start of the session, or None if the start is unknown."""
    if start.latest is None or start.earliest is None:
        return None
    least, most = (seconds_in(max(now - each, timedelta())) / 60 for each in (start.latest, start.earliest))
    return Reading(least, most, start.contradiction)


def _wanted(record: CommandRecord, now: datetime) -> dict[str, CommandChange]:
    return {} if record.stop_wanted_at else {"stop_wanted_at": now}


def _log(what: LimitResult, record: CommandRecord) -> None:
    about: dict[str, Any] = {"command_id": record.command_id, "session": record.session_key}
    if what is LimitResult.NOT_STOPPED:
        count(Metric.STOPS_REFUSED)
        log.error("the CPO does not stop a session that is over its limit, or late", **about)
    else:
        log.info("a limit was examined", outcome=what.value, **about)
