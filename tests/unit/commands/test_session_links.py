"""Which command a session came from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.commands.session_links import MAY_HAVE_STARTED, SessionSeen, link_of
from emsp.commands.states import CommandState
from emsp.ocpi.json_text import JsonObject
from emsp.stores.command_records import CommandRecord

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
STARTED = CommandRecord(
    command_id="c-1",
    command="START_SESSION",
    state="ACCEPTED",
    created_at=NOW - timedelta(seconds=20),
    times_out_at=NOW + timedelta(seconds=40),
    body="{}",
    correlation_id="x",
    to="IN*ABC",
    token_key="IN#EMS#APP-1",
    location_id="LOC-1",
    evse_uid="E-1",
    authorization_reference="AUTH-1",
)
UNREFERENCED = replace(STARTED, authorization_reference="")


def session(**changes: Any) -> SessionSeen:
    value = {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "s-1",
        "status": "PENDING",
        "start_date_time": "2026-11-22T10:00:00Z",
        "cdr_token": {"country_code": "in", "party_id": "ems", "uid": "app-1"},
        "auth_method": "COMMAND",
        "location_id": "loc-1",
        "evse_uid": "e-1",
        **changes,
    }
    seen = SessionSeen.of({name: given for name, given in value.items() if given is not None}, NOW)
    assert seen is not None
    return seen


def test_keys_are_as_the_tables_have_them() -> None:
    seen = session()
    assert (seen.object_key, seen.token_key, seen.id) == ("IN#ABC#S-1", "IN#EMS#APP-1", "s-1")


def test_the_reference_decides_wherever_the_session_is() -> None:
    other_place = session(authorization_reference="auth-1", location_id="LOC-9", start_date_time=None)
    link = link_of(
        other_place, [replace(STARTED, command_id="c-0", authorization_reference="AUTH-0"), STARTED]
    )
    assert link is not None
    assert (link.command.command_id, link.linked_by) == ("c-1", "authorization_reference")


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-22T15:30:00Z",
        "2026-11-22T04:30:00Z",
        "2026-11-22T09:50:00Z",
        "2026-12-22T10:00:00Z",
        "1970-01-01T00:00:00Z",
        "yesterday",
        None,
    ],
)
def test_a_reference_links_whatever_the_sessions_clock_says(start: str | None) -> None:
    """IST marked Z, cable first, a clock that was never set: the value is the same."""
    link = link_of(session(authorization_reference="AUTH-1", start_date_time=start), [STARTED])
    assert link is not None
    assert link.linked_by == "authorization_reference"


def test_a_reference_used_again_links_what_no_other_session_has() -> None:
    first = replace(STARTED, session_key="IN#ABC#S-1")
    second = replace(STARTED, command_id="c-2", created_at=NOW)
    third = replace(STARTED, command_id="c-3", created_at=NOW + timedelta(hours=1), session_key="IN#ABC#S-3")
    again = session(authorization_reference="AUTH-1", id="s-2")
    link = link_of(again, [third, second, first])
    assert link is not None
    assert link.command == second
    own = link_of(session(authorization_reference="AUTH-1"), [third, second, first])
    assert own is not None
    assert own.command == first, "the session that it has already"


def test_a_reference_used_again_links_the_command_nearest_to_the_start() -> None:
    later = replace(STARTED, command_id="c-2", created_at=NOW + timedelta(minutes=30))
    link = link_of(session(authorization_reference="AUTH-1"), [later, STARTED])
    assert link is not None
    assert link.command == STARTED


def test_numbers_serve_as_their_text() -> None:
    seen = session(id=123, authorization_reference=4711)
    assert (seen.object_key, seen.id, seen.authorization_reference) == ("IN#ABC#123", "123", "4711")


def test_the_keys_that_a_session_is_stored_under_count() -> None:
    value: JsonObject = {"id": "s-1", "status": "ACTIVE", "cdr_token": {"uid": "APP-1", "contract_id": "C"}}
    seen = SessionSeen.of(value, NOW, key="IN#ABC#S-1", token_key="IN#EMS#APP-1")
    assert seen is not None
    assert (seen.token_key, str(seen.party)) == ("IN#EMS#APP-1", "IN*ABC")


def test_without_a_reference_token_place_and_time_decide() -> None:
    link = link_of(session(), [UNREFERENCED])
    assert link is not None
    assert link.linked_by == "token_and_place"


def test_a_cpo_that_drops_the_reference_is_linked_by_place() -> None:
    assert link_of(session(), [STARTED]) is not None


def test_the_newest_fitting_command_counts() -> None:
    older = replace(UNREFERENCED, command_id="c-0", created_at=NOW - timedelta(minutes=5))
    link = link_of(session(), [older, UNREFERENCED])
    assert link is not None
    assert link.command.command_id == "c-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"location_id": "LOC-2"},
        {"evse_uid": "E-2"},
        {"party_id": "XYZ"},
        {"auth_method": "WHITELIST"},
        {"start_date_time": "2026-11-22T09:57:00Z"},
        {"start_date_time": "2026-11-22T10:31:00Z"},
        {"status": "RESERVATION"},
    ],
)
def test_another_place_party_time_or_method_is_another_session(changes: dict[str, Any]) -> None:
    assert link_of(session(**changes), [UNREFERENCED]) is None


def test_two_references_that_differ_are_two_things() -> None:
    assert link_of(session(authorization_reference="AUTH-2"), [STARTED]) is None


@pytest.mark.parametrize("missing", [{"evse_uid": None}, {"auth_method": None}, {"start_date_time": None}])
def test_what_a_session_does_not_say_does_not_stand_in_the_way(missing: dict[str, Any]) -> None:
    assert link_of(session(**missing), [UNREFERENCED]) is not None


@pytest.mark.parametrize("state", CommandState)
def test_a_declined_command_started_nothing(state: CommandState) -> None:
    linked = link_of(session(), [replace(UNREFERENCED, state=state.value)])
    assert (linked is not None) == (state in MAY_HAVE_STARTED)


def test_a_reservation_comes_from_a_reserve_now() -> None:
    reserved = replace(UNREFERENCED, command="RESERVE_NOW")
    assert link_of(session(status="RESERVATION"), [UNREFERENCED, reserved]) is not None
    assert link_of(session(status="ACTIVE"), [reserved]) is None


@pytest.mark.parametrize("token", [None, {}, {"country_code": "IN", "party_id": "EMS"}, "APP-1"])
def test_a_session_without_a_token_came_from_nowhere(token: Any) -> None:
    assert (
        SessionSeen.of({"country_code": "IN", "party_id": "ABC", "id": "s", "cdr_token": token}, NOW) is None
    )


@pytest.mark.parametrize(
    "start", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0999-12-31T23:59:59Z"]
)
def test_a_start_that_no_set_clock_tells_is_not_reckoned_with(start: str) -> None:
    seen = session(start_date_time=start)
    assert seen.started_at == NOW, "when we saw it stands in"
    assert link_of(seen, [STARTED]) is not None


def test_words_in_lower_case_mean_the_same() -> None:
    reserving = replace(STARTED, command="RESERVE_NOW")
    assert link_of(session(status="reservation", auth_method="command"), [reserving]) is not None
