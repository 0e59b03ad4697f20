"""Merge the pushes of a session into one object, in whatever order they arrive. Without I/O.

A PUT replaces the object. A PATCH changes fields and appends charging periods (OCPI 2.2.1, mod_sessions). A
period with the `start_date_time` of a stored one replaces it: the period has continued. Each field has the
value of the push with the latest `last_updated` that contains the field. For that, the state has the time of
each patched field and of each appended period since the latest PUT. Pushes with the same `last_updated` are
applied in order of arrival, except that a session that has ended does not become active again.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, dump_json
from emsp.ocpi.session_status import ENDED, status_of

PERIODS = "charging_periods"


class Patches(NamedTuple):
    """The patches since the latest PUT.

    `fields` maps each field to the time of its PATCH. `appended` has the time and the number of the appended
    periods of each PATCH, oldest first. Times are canonical texts, which sort as times.
    """

    fields: Mapping[str, str] = MappingProxyType({})
    appended: Sequence[tuple[str, int]] = ()


class SessionState(NamedTuple):
    """A session after all pushes so far. `put_at` and `put_hash` are the time and the hash of the latest
    PUT.
    """

    object: JsonObject
    last_updated: str
    put_at: str
    put_hash: str
    patches: Patches = Patches()


def after_put(state: SessionState | None, new: JsonObject, at: str, new_hash: str) -> SessionState | None:
    """Return the state after a PUT of `new` with the `last_updated` `at`.

    Return None if it repeats the stored PUT, or if a later one is stored.
    """
    if state is None or at > state.last_updated:
        return SessionState(new, at, at, new_hash)
    if at < state.put_at or (at == state.put_at and new_hash == state.put_hash):
        return None
    if at == state.last_updated and status_of(state.object) in ENDED and status_of(new) not in ENDED:
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
    """Return the state after `patch` with the `last_updated` `at`.

    Return None if it changes nothing, or if a later PUT is stored.
    """
    if at < state.put_at:
        return None
    ended = at == state.last_updated and status_of(state.object) in ENDED
    taken = {
        name: value
        for name, value in patch.items()
        if name != PERIODS
        and state.patches.fields.get(name, state.put_at) <= at
        and not (name == "status" and ended and status_of(patch) not in ENDED)
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
    """Return `session` after its CDR has arrived: COMPLETED, unless its CPO has ended it."""
    if status_of(session) in ENDED:
        return session
    closed: JsonObject = {**session, "status": "COMPLETED"}
    if ended_at and not closed.get("end_date_time"):
        closed["end_date_time"] = ended_at
    return closed


def _periods(session: JsonObject) -> list[JsonValue]:
    periods = session.get(PERIODS)
    return periods if isinstance(periods, list) else []


type _Group = tuple[str, list[JsonValue]]
"""A PATCH: its time, and the periods that it appended."""


def _groups(state: SessionState) -> tuple[list[JsonValue], list[_Group]]:
    """Return the periods of the latest PUT, and those of each later PATCH, oldest first."""
    periods = _periods(state.object)
    base = start = len(periods) - sum(count for _, count in state.patches.appended)
    groups = []
    for time, count in state.patches.appended:
        groups.append((time, periods[start : start + count]))
        start += count
    return periods[:base], groups


def _listed(merged: JsonObject, base: list[JsonValue], groups: list[_Group]) -> tuple[tuple[str, int], ...]:
    """Set the periods of `merged`. Return the time and the number of periods of each PATCH, for
    `appended`.
    """
    if groups:
        merged[PERIODS] = [*base, *(period for _, added in groups for period in added)]
    return tuple((time, len(added)) for time, added in groups)


def _with_periods(state: SessionState, new: list[JsonValue], at: str) -> tuple[list[JsonValue], list[_Group]]:
    """Add the periods of a PATCH. Each replaces an earlier period with the same start."""
    base, groups = _groups(state)
    newer = {_key(period) for time, added in groups if time > at for period in added}
    there = {dump_json(period) for time, added in groups if time == at for period in added}
    last = {_key(period): period for period in new}
    fresh = {
        key: period for key, period in last.items() if key not in newer and dump_json(period) not in there
    }
    if not fresh:
        return base, groups

    def left(periods: list[JsonValue]) -> list[JsonValue]:
        return [period for period in periods if _key(period) not in fresh]

    before = [(time, kept) for time, added in groups if time <= at and (kept := left(added))]
    after = [group for group in groups if group[0] > at]
    return left(base), [*before, (at, [*fresh.values()]), *after]


def _key(period: JsonValue) -> str:
    """Return what identifies a period: its start, or the whole period if the start can't be read."""
    start = as_object(period).get("start_date_time")
    try:
        return canonical_datetime(start) if isinstance(start, str) else dump_json(period)
    except ValueError:
        return dump_json(period)
