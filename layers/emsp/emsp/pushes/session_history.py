"""How pushes of one session become one object, whatever the order in which they arrive.

A PUT replaces the object, a PATCH changes fields and appends charging periods (OCPI 2.2.1, mod_sessions). A
period that a PATCH sends again, with the same `start_date_time`, has gone on: it replaces the one before.
Both carry `last_updated`, and a field's value is that of the newest push that gave it. To know that for a
push that comes late, a state remembers when each patched field and appended period came, back to the newest
PUT. Pushes of the same `last_updated` count in the order of their arrival, except that a session does not go
back from its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json

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
    _, groups = _groups(state)
    later = [(time, added) for time, added in groups if time > at]
    merged = {**new, **{name: state.object[name] for name in fields}}
    again = {_key(period) for _, added in later for period in added}
    base = [period for period in _periods(new) if not again or _key(period) not in again]
    patches = Patches(fields, _listed(merged, base, later))
    return SessionState(merged, max(at, state.last_updated), at, new_hash, patches)


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
    appended = state.patches.appended
    if _periods(patch):
        base, groups = _with_periods(state, _periods(patch), at)
        appended = _listed(merged, base, groups)
    after = SessionState(
        merged, max(at, state.last_updated), state.put_at, state.put_hash, Patches(fields, appended)
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


type _Group = tuple[str, list[JsonValue]]
"""When a PATCH appended periods, and which."""


def _groups(state: SessionState) -> tuple[list[JsonValue], list[_Group]]:
    """The periods of the newest PUT, and those that were appended after it, oldest first."""
    periods = _periods(state.object)
    base = start = len(periods) - sum(count for _, count in state.patches.appended)
    groups = []
    for time, count in state.patches.appended:
        groups.append((time, periods[start : start + count]))
        start += count
    return periods[:base], groups


def _listed(merged: JsonObject, base: list[JsonValue], groups: list[_Group]) -> tuple[tuple[str, int], ...]:
    """Put the periods into `merged`; returns what is remembered of them."""
    if groups:
        merged[PERIODS] = [*base, *(period for _, added in groups for period in added)]
    return tuple((time, len(added)) for time, added in groups)


def _with_periods(state: SessionState, new: list[JsonValue], at: str) -> tuple[list[JsonValue], list[_Group]]:
    """The state's periods with those of a PATCH: each replaces what came before it of the same start."""
    base, groups = _groups(state)
    newer = {_key(period) for time, added in groups if time > at for period in added}
    there = {dump_json(period) for time, added in groups if time == at for period in added}
    fresh: dict[str, JsonValue] = {}
    for period in new:
        text = dump_json(period)
        if text not in there and _key(period) not in newer:
            fresh.setdefault(text, period)
    if not fresh:
        return base, groups
    replaced = {_key(period) for period in fresh.values()}

    def left(periods: list[JsonValue]) -> list[JsonValue]:
        return [period for period in periods if _key(period) not in replaced]

    before = [(time, kept) for time, added in groups if time <= at and (kept := left(added))]
    after = [group for group in groups if group[0] > at]
    return left(base), [*before, (at, [*fresh.values()]), *after]


def _key(period: JsonValue) -> str:
    """The same for a period that is sent again: its start; where none can be read, all of it."""
    start = period.get("start_date_time") if isinstance(period, dict) else None
    try:
        return canonical_datetime(start) if isinstance(start, str) else dump_json(period)
    except ValueError:
        return dump_json(period)
