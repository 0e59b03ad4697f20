"""Whatever the order of arrival, a session becomes what its pushes make of it in the order of
last_updated.
"""

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emsp.pushes.merge_session import SessionState, after_patch, after_put, closed_by_cdr
from tests.profiles import examples

FIELDS = ("kwh", "status", "meter_id", "total_cost")


def time(second: int) -> str:
    return f"2026-11-22T10:{second // 60:02}:{second % 60:02}.000000000Z"


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int]]:
    """Pushes in the order of last_updated, and an order of arrival (with repetitions)."""
    pushes = []
    for second in range(draw(st.integers(1, 8))):
        fields = {name: f"{name}-{second}" for name in draw(st.sets(st.sampled_from(FIELDS)))}
        starts = draw(st.lists(st.sampled_from([*"abcd"]), max_size=3))
        periods = [
            {"start_date_time": time(60 + ord(start)), "kwh": f"{second}.{number}"}
            if start != "d"
            else f"{second}"
            for number, start in enumerate(starts)
        ]
        body: dict[str, Any] = {**fields, "last_updated": time(second)}
        if periods:
            body["charging_periods"] = periods
        pushes.append({"method": draw(st.sampled_from(["PUT", "PATCH"])), "body": body, "at": time(second)})
    pushes[draw(st.integers(0, len(pushes) - 1))]["method"] = "PUT"
    indexes = list(range(len(pushes)))
    arrival = draw(st.permutations(indexes))
    return pushes, [*arrival, *draw(st.lists(st.sampled_from(indexes), max_size=4))]


def start_of(period: Any) -> Any:
    return period["start_date_time"] if isinstance(period, dict) else period


def in_order(pushes: list[dict[str, Any]]) -> dict[str, Any]:
    """What the specification makes of pushes that come one after the other."""
    session: dict[str, Any] | None = None
    for push in pushes:
        body = push["body"]
        if push["method"] == "PUT":
            session = dict(body)
        elif session is not None:
            sent = body.get("charging_periods", [])
            again = {start_of(period): period for period in sent}
            before = session.get("charging_periods", [])
            periods = [period for period in before if start_of(period) not in again] + [*again.values()]
            session = {**session, **body}
            if periods:
                session["charging_periods"] = periods
    assert session is not None
    return session


def apply(state: SessionState | None, push: dict[str, Any]) -> SessionState | None:
    if push["method"] == "PUT":
        return after_put(state, push["body"], push["at"], f"hash of {push['at']}") or state
    return state if state is None else after_patch(state, push["body"], push["at"]) or state


@examples(4)
@given(histories())
def test_every_order_of_arrival_ends_in_the_same_session(
    history: tuple[list[dict[str, Any]], list[int]],
) -> None:
    pushes, arrival = history
    state: SessionState | None = None
    waiting = [pushes[index] for index in arrival]
    while waiting:
        push, *waiting = waiting
        if push["method"] == "PATCH" and state is None:
            waiting.append(push)
            continue
        state = apply(state, push)
    assert state is not None
    assert state.object == in_order(pushes)
    assert state.last_updated == max(push["at"] for push in pushes)


@examples(2)
@given(histories())
def test_repeating_any_push_changes_nothing(history: tuple[list[dict[str, Any]], list[int]]) -> None:
    pushes, _ = history
    state: SessionState | None = None
    for push in pushes:
        state = apply(state, push)
        if state is not None:
            assert apply(state, push) == state


def test_a_put_of_the_same_time_replaces_but_does_not_reopen() -> None:
    active = after_put(None, {"status": "ACTIVE", "kwh": 1}, time(5), "a")
    more = after_put(active, {"status": "ACTIVE", "kwh": 2}, time(5), "b")
    assert more is not None
    assert more.object["kwh"] == 2
    ended = after_put(more, {"status": "COMPLETED", "kwh": 2}, time(5), "c")
    assert ended is not None
    assert after_put(ended, {"status": "ACTIVE", "kwh": 1}, time(5), "a") is None
    assert after_patch(ended, {"status": "ACTIVE", "last_updated": "x"}, time(5)) is not None
    patched = after_patch(ended, {"status": "ACTIVE"}, time(5))
    assert patched is None or patched.object["status"] == "COMPLETED"


def test_a_period_that_a_patch_extends_replaces_the_one_before_however_its_start_is_written() -> None:
    def period(kwh: int, start: str = "2026-11-22T10:00:00Z") -> dict[str, Any]:
        return {"start_date_time": start, "dimensions": [{"type": "ENERGY", "volume": kwh}]}

    state = after_put(None, {"kwh": 3, "charging_periods": [period(3)]}, time(1), "a")
    for second, kwh, start in (
        (3, 6, "2026-11-22T10:00:00.000Z"),
        (2, 4, "2026-11-22T10:00:00Z"),
        (4, 7, "2026-11-22T15:30:00+05:30"),
    ):
        assert state is not None
        patch: dict[str, Any] = {"kwh": kwh, "charging_periods": [period(kwh, start)]}
        state = after_patch(state, patch, time(second)) or state
    assert state is not None
    assert state.object["charging_periods"] == [period(7, "2026-11-22T15:30:00+05:30")]
    assert state.object["kwh"] == 7


def test_a_patch_of_very_many_periods_takes_little_time() -> None:
    def periods(first: int, dimension: str) -> list[Any]:
        start = datetime(2026, 11, 22, tzinfo=UTC)
        return [
            {"start_date_time": (start + timedelta(seconds=number)).isoformat(), "type": dimension}
            for number in range(first, first + 40_000)
        ]

    state = after_put(None, {"charging_periods": periods(0, "TIME")}, time(1), "a")
    assert state is not None
    began = process_time()
    patched = after_patch(state, {"charging_periods": periods(20_000, "ENERGY")}, time(2))
    assert process_time() - began < 5
    assert patched is not None
    assert len(patched.object["charging_periods"]) == 60_000  # type: ignore[arg-type]


def test_an_empty_list_of_periods_leaves_the_periods_of_a_patched_session() -> None:
    state = after_put(None, {"charging_periods": ["a"]}, time(1), "a")
    assert state is not None
    patched = after_patch(state, {"charging_periods": [], "kwh": 3}, time(2))
    assert patched is not None
    assert patched.object == {"charging_periods": ["a"], "kwh": 3}


def test_a_put_without_periods_removes_them() -> None:
    state = after_put(None, {"charging_periods": ["a"], "kwh": 1}, time(1), "a")
    replaced = after_put(state, {"kwh": 2}, time(2), "b")
    assert replaced is not None
    assert replaced.object == {"kwh": 2}


def test_a_cdr_ends_a_session_that_its_cpo_left_open() -> None:
    assert closed_by_cdr({"status": "ACTIVE"}, "2026-11-22T10:40:00Z") == {
        "status": "COMPLETED",
        "end_date_time": "2026-11-22T10:40:00Z",
    }
    assert closed_by_cdr({"status": "INVALID"}, "2026-11-22T10:40:00Z") == {"status": "INVALID"}
    assert closed_by_cdr({"status": "COMPLETED", "end_date_time": "t"}, "u")["end_date_time"] == "t"
