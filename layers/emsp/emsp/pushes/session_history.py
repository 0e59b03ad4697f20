"""How pushes of one session become one object, whatever the order in which they arrive.

A PUT replaces the object, a PATCH changes fields and appends charging periods (OCPI 2.2.1, mod_sessions).
Both carry `last_updated`, and a field's value is that of the newest push that gave it. To know that for a
push that comes late, a state remembers when each patched field and appended period came, back to the newest
PUT. Pushes of the same `last_updated` count in the order of their arrival, except that a session does not go
back from its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from emsp.ocpi.json_text import JsonObject, JsonValue

FINAL_STATUSES = frozenset({"COMPLETED", "INVALID"})
PERIODS = "charging_periods"


@dataclass(frozen=True)
class Patches:
    """What came after the newest PUT: field -> time of its PATCH, and (time, number of periods appended),
    oldest first.

    Times are canonical texts, which compare as times.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    appended: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class SessionState:
    """A session as all pushes so far make it. `put_at` and `put_hash` are of its newest PUT."""

    object: JsonObject
    last_updated: str
    put_at: str
    put_hash: str
    patches: Patches = field(default_factory=Patches)


def after_put(state: SessionState | None, new: JsonObject, at: str, new_hash: str) -> SessionState | None:
    """The state after a PUT of `new`, last updated `at`; None when the PUT is a repetition or is
    superseded.
    """
    if state is None or at > state.last_updated:
        return SessionState(new, at, at, new_hash)
    if at < state.put_at or (at == state.put_at and new_hash == state.put_hash):
        return None
    if (
        at == state.last_updated
        and _status(state.object) in FINAL_STATUSES
        and _status(new) not in FINAL_STATUSES
    ):
        return None
    fields = {name: time for name, time in state.patches.fields.items() if time > at}
    periods, appended = list(_periods(new)), []
    for time, added in _appended(state):
        fresh = [period for period in added if period not in periods]
        if time > at and fresh:
            periods += fresh
            appended.append((time, len(fresh)))
    merged = {**new, **{name: state.object[name] for name in fields}}
    if appended:
        merged[PERIODS] = periods
    return SessionState(merged, max(at, state.last_updated), at, new_hash, Patches(fields, tuple(appended)))


def after_patch(state: SessionState, patch: JsonObject, at: str) -> SessionState | None:
    """The state after `patch`, last updated `at`; None when it changes nothing or a newer PUT has superseded
    it.
    """
    if at < state.put_at:
        return None
    ended = at == state.last_updated and _status(state.object) in FINAL_STATUSES
    taken = {
        name: value
        for name, value in patch.items()
        if name != PERIODS
        and state.patches.fields.get(name, state.put_at) <= at
        and not (name == "status" and ended and _status(patch) not in FINAL_STATUSES)
    }
    fields = {**state.patches.fields, **dict.fromkeys(taken, at)}
    merged = {**state.object, **taken}
    known = _periods(state.object)
    fresh: list[JsonValue] = []
    for period in _periods(patch):
        if period not in known and period not in fresh:
            fresh.append(period)
    appended = list(state.patches.appended)
    if fresh:
        before = [group for group in appended if group[0] <= at]
        position = len(known) - sum(count for _, count in appended) + sum(count for _, count in before)
        merged[PERIODS] = [*known[:position], *fresh, *known[position:]]
        appended.insert(len(before), (at, len(fresh)))
    after = SessionState(
        merged, max(at, state.last_updated), state.put_at, state.put_hash, Patches(fields, tuple(appended))
    )
    return None if after == state else after


def closed_by_cdr(session: JsonObject, ended_at: str | None) -> JsonObject:
    """`session` as it stands once its CDR is here: COMPLETED, unless its CPO has ended it itself already."""
    if _status(session) in FINAL_STATUSES:
        return session
    closed: JsonObject = {**session, "status": "COMPLETED"}
    if ended_at and not closed.get("end_date_time"):
        closed["end_date_time"] = ended_at
    return closed


def _status(session: JsonObject) -> str:
    return str(session.get("status")).strip().upper()


def _periods(session: JsonObject) -> list[JsonValue]:
    periods = session.get(PERIODS)
    return periods if isinstance(periods, list) else []


def _appended(state: SessionState) -> list[tuple[str, list[JsonValue]]]:
    periods = _periods(state.object)
    start = len(periods) - sum(count for _, count in state.patches.appended)
    groups = []
    for time, count in state.patches.appended:
        groups.append((time, periods[start : start + count]))
        start += count
    return groups
