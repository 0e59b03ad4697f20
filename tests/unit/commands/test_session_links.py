"""Which command a session came from."""

from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emsp.commands.session_links import MAY_HAVE_STARTED, SessionSeen, link_of
from emsp.commands.states import CommandState
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.parties import PartyId
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
TOKEN = {"country_code": "in", "party_id": "ems", "uid": "app-1"}
UNREFERENCED = replace(STARTED, authorization_reference="")


def session(**changes: Any) -> SessionSeen:
    value = {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "s-1",
        "status": "PENDING",
        "start_date_time": "2026-11-22T10:00:00Z",
        "cdr_token": TOKEN,
        "auth_method": "COMMAND",
        "location_id": "loc-1",
        "evse_uid": "e-1",
        **changes,
    }
    return of(value)


def of(value: dict[str, Any], **how: Any) -> SessionSeen:
    seen = SessionSeen.of({name: given for name, given in value.items() if given is not None}, NOW, **how)
    assert seen is not None
    return seen


def linked(seen: SessionSeen, *commands: CommandRecord) -> tuple[str, str] | None:
    link = link_of(seen, commands)
    return (link.command.command_id, link.linked_by) if link else None


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
    ("changes", "by"),
    [
        ({"authorization_reference": " auth-1 "}, "authorization_reference"),
        ({"location_id": " Loc-1"}, "token_and_place"),
        ({"evse_uid": None}, "token_and_place"),
        ({"location_id": None}, "token_and_place"),
        ({"location_id": None, "evse_uid": None}, None),
        ({"location_id": None, "evse_uid": "E-2"}, None),
        ({"location_id": "LOC-2"}, None),
        ({"evse_uid": "IN*ABC*E12*1"}, "token_and_place"),
        ({"evse_uid": "inabce121"}, "token_and_place"),
        ({"evse_uid": "IN*ABC*E12*1", "location_id": None}, None),
        ({"evse_uid": "IN*ABC*E12*1", "location_id": "LOC-2"}, None),
    ],
)
def test_a_place_that_is_named_in_part_or_with_spaces(changes: dict[str, Any], by: str | None) -> None:
    seen = session(**changes)
    found = linked(seen, STARTED if "authorization_reference" in changes else UNREFERENCED)
    assert found == (by and ("c-1", by))


@pytest.mark.parametrize(
    ("sent", "pushed", "fits"),
    [
        ("IN*ABC*E1", "in*abc*e1", True),
        ("IN*ABC*E1", "INABCE1", True),
        ("IN*ABC*E1", "IN*ABC*E2", False),
        ("IN*ABC*E1", "E-1", True),
        ("1", "2", False),
    ],
)
def test_an_evse_is_named_by_its_uid_or_by_its_emi3_id(sent: str, pushed: str, fits: bool) -> None:
    found = linked(session(evse_uid=pushed), replace(UNREFERENCED, evse_uid=sent))
    assert found == (("c-1", "token_and_place") if fits else None)


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
        {"auth_method": "WHITELIST", "cdr_token": {**TOKEN, "type": "RFID"}},
        {"start_date_time": "2026-11-22T09:57:00Z"},
        {"start_date_time": "2026-11-22T10:31:00Z"},
        {"status": "RESERVATION"},
    ],
)
def test_another_place_party_time_or_method_is_another_session(changes: dict[str, Any]) -> None:
    assert link_of(session(**changes), [UNREFERENCED]) is None


OTHER = replace(STARTED, command_id="c-2", authorization_reference="AUTH-3")


@pytest.mark.parametrize(
    ("changes", "commands", "meant"),
    [
        ({}, [STARTED], "c-1"),
        ({"evse_uid": None}, [STARTED], "c-1"),
        ({"auth_method": "AUTH_REQUEST"}, [STARTED], "c-1"),
        ({}, [STARTED, OTHER], None),
        ({}, [STARTED, replace(OTHER, state="TIMEOUT")], None),
        ({}, [STARTED, replace(OTHER, state="REJECTED")], "c-1"),
        ({}, [STARTED, replace(OTHER, evse_uid="E-2")], "c-1"),
        ({}, [STARTED, replace(OTHER, session_key="IN#ABC#S-9")], "c-1"),
        ({}, [STARTED, replace(OTHER, session_key="IN#ABC#S-1")], "c-2"),
        ({}, [replace(STARTED, session_key="IN#ABC#S-9")], None),
        ({}, [STARTED, replace(OTHER, authorization_reference="")], "c-2"),
        ({}, [STARTED, replace(OTHER, authorization_reference="AUTH-2", location_id="LOC-2")], "c-2"),
        ({}, [STARTED, replace(OTHER, authorization_reference="AUTH-2", to="IN*XYZ")], None),
        ({}, [STARTED, replace(OTHER, authorization_reference="AUTH-2", command="STOP_SESSION")], None),
        ({"evse_uid": "E-2"}, [STARTED], None),
        ({"location_id": "LOC-2"}, [STARTED], None),
        ({"party_id": "XYZ"}, [STARTED], None),
        ({"cdr_token": {**TOKEN, "uid": "APP-2"}}, [STARTED], None),
        ({"start_date_time": "2026-11-22T10:31:00Z"}, [STARTED], None),
        ({"auth_method": "WHITELIST", "cdr_token": {**TOKEN, "type": "RFID"}}, [STARTED], None),
    ],
)
def test_a_cpos_own_reference_is_linked_if_only_one_command_can_be_meant(
    changes: dict[str, Any], commands: list[CommandRecord], meant: str | None
) -> None:
    for each in (commands, commands[::-1]):
        link = linked(session(authorization_reference="AUTH-2", **changes), *each)
        assert (link and link[0]) == meant
    assert linked(session(authorization_reference="AUTH-2"), STARTED) == ("c-1", "other_reference")


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
    "start",
    [
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2004-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0999-12-31T23:59:59Z",
    ],
)
def test_a_start_that_no_set_clock_tells_is_not_reckoned_with(start: str) -> None:
    seen = session(start_date_time=start)
    assert seen.started_at == NOW, "when we saw it stands in"
    assert link_of(seen, [STARTED]) is not None


def test_words_in_lower_case_mean_the_same() -> None:
    reserving = replace(STARTED, command="RESERVE_NOW")
    assert link_of(session(status="reservation", auth_method="command"), [reserving]) is not None


def with_token(record: CommandRecord, token_type: str) -> CommandRecord:
    return replace(record, body=dump_json({"token": {"uid": "APP-1", "type": token_type}}))


@pytest.mark.parametrize("auth_method", ["COMMAND", "AUTH_REQUEST", "WHITELIST", "", None])
@pytest.mark.parametrize("token_type", ["APP_USER", "AD_HOC_USER", "OTHER"])
def test_an_apps_token_is_in_no_card_whatever_the_auth_method(
    auth_method: str | None, token_type: str
) -> None:
    started = with_token(UNREFERENCED, token_type)
    assert linked(session(auth_method=auth_method), started) == ("c-1", "token_and_place")
    mirrored_as_card = session(auth_method=auth_method, cdr_token={**TOKEN, "type": "RFID"})
    assert linked(mirrored_as_card, started) == ("c-1", "token_and_place"), "what we sent counts"


@pytest.mark.parametrize("auth_method", ["AUTH_REQUEST", "WHITELIST"])
def test_a_card_may_have_been_held_to_the_reader(auth_method: str) -> None:
    assert linked(session(auth_method=auth_method), with_token(UNREFERENCED, "RFID")) is None
    referenced = session(auth_method=auth_method, authorization_reference="AUTH-1")
    assert linked(referenced, with_token(STARTED, "RFID")) == ("c-1", "authorization_reference")


@pytest.mark.parametrize(
    "cdr_token", [{**TOKEN, "uid": "TAG-77"}, {"uid": "TAG-77", "type": "APP_USER"}, None, "APP-1"]
)
def test_our_reference_counts_under_another_uid_and_without_a_token(cdr_token: Any) -> None:
    seen = session(authorization_reference="auth-1", cdr_token=cdr_token)
    assert linked(seen, STARTED) == ("c-1", "authorization_reference")
    assert linked(replace(seen, party=PartyId("IN", "XYZ")), STARTED) is None, "of another CPO"
    older = replace(STARTED, created_at=NOW - timedelta(days=2))
    assert linked(seen, older) is None, "some CPOs count from 1 again"


@pytest.mark.parametrize(
    "named",
    [
        {"authorization_reference": "AUTH-R"},
        {"authorization_reference": "r-1"},
        {"id": "R-1"},
        {"reservation_id": "R-1"},
    ],
)
@pytest.mark.parametrize("status", ["PENDING", "ACTIVE", "COMPLETED"])
def test_a_reservation_that_is_named_by_the_session_it_became(named: dict[str, Any], status: str) -> None:
    reserved = replace(
        UNREFERENCED,
        command_id="r",
        command="RESERVE_NOW",
        created_at=NOW - timedelta(hours=2),
        authorization_reference="AUTH-R",
        reservation_id="R-1",
    )
    assert linked(session(status=status, **named), reserved) == ("r", "reservation"), "STOP by its command"
    for started in (STARTED, UNREFERENCED):
        assert linked(session(status=status, **named), reserved, started) == ("c-1", "reservation")


@pytest.mark.parametrize(
    ("first", "second", "meant"),
    [
        ({}, {}, "second"),
        ({"limit": "x"}, {"limit": "x"}, "second"),
        ({"limit": "x"}, {}, "first"),
        ({}, {"limit": "x"}, "second"),
        ({}, {"state": "TIMEOUT"}, "first"),
        ({"state": "TIMEOUT"}, {"state": "SENT"}, "second"),
        ({}, {"state": "EVSE_OCCUPIED"}, "first"),
        ({"session_key": "IN#ABC#S-1"}, {}, "first"),
        ({}, {"session_key": "IN#ABC#OTHER"}, "first"),
        ({"session_key": "IN#ABC#OTHER"}, {"limit": "x"}, "second"),
    ],
)
@pytest.mark.parametrize("reference", ["", "AUTH-1"])
def test_which_of_two_taps_is_meant(
    first: dict[str, Any], second: dict[str, Any], meant: str, reference: str
) -> None:
    """Both may be the session's; what one has that the other lacks decides."""
    at = {"authorization_reference": reference}
    commands = [
        replace(STARTED, command_id="first", **{**at, **first}),
        replace(
            STARTED,
            command_id="second",
            created_at=STARTED.created_at + timedelta(seconds=10),
            **{**at, **second},
        ),
    ]
    link = linked(session(authorization_reference=reference), *commands)
    assert link is not None
    assert link[0] == meant


def test_an_older_wish_with_a_limit_is_not_the_newest_ones() -> None:
    """Nobody is stopped by the limit of a start that came to nothing."""
    older = replace(
        UNREFERENCED, command_id="older", created_at=NOW - timedelta(minutes=20), limit='{"minutes":1}'
    )
    assert linked(session(), older, UNREFERENCED) == ("c-1", "token_and_place")


@pytest.mark.parametrize(
    ("start", "status", "is_new", "links"),
    [
        ("2026-11-22T15:30:00Z", "ACTIVE", True, True),
        ("2026-11-22T04:30:00Z", "ACTIVE", True, True),
        ("2000-01-01T00:00:07Z", "ACTIVE", False, True),
        ("2026-11-22T04:30:00Z", "ACTIVE", False, False),
        ("2026-11-22T04:30:00Z", "COMPLETED", True, False),
        ("2026-11-22T09:30:00Z", "ACTIVE", True, False),
    ],
)
def test_a_new_session_with_a_clock_that_is_hours_off_is_there_when_it_comes(
    start: str, status: str, *, is_new: bool, links: bool
) -> None:
    """09:30 may be true: then it is older than the command."""
    value = {"country_code": "IN", "party_id": "ABC", "id": "s", "cdr_token": TOKEN, "location_id": "LOC-1"}
    seen = of({**value, "start_date_time": start, "status": status}, is_new=is_new)
    assert (linked(seen, UNREFERENCED) is not None) is links


uids = st.sampled_from(["IN#EMS#APP-1", "IN#EMS#TAG", ""])
records = st.builds(
    lambda number, minutes, **fields: replace(
        STARTED, command_id=f"c-{number}", created_at=NOW + timedelta(minutes=minutes), **fields
    ),
    number=st.integers(0, 10**6),
    minutes=st.integers(-60, 60),
    command=st.sampled_from(["START_SESSION", "RESERVE_NOW", "STOP_SESSION"]),
    state=st.sampled_from([each.value for each in CommandState]),
    to=st.sampled_from(["", "IN*ABC", "IN*XYZ"]),
    authorization_reference=st.sampled_from(["", "AUTH-1", "AUTH-2"]),
    session_key=st.sampled_from(["", "IN#ABC#S-1", "IN#ABC#S-2"]),
    limit=st.sampled_from(["", '{"minutes":1}']),
)


@given(
    commands=st.lists(records, max_size=6),
    reference=st.sampled_from(["", "AUTH-1"]),
    token_key=uids,
    is_new=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_the_link_is_the_same_in_any_order_and_rests_on_evidence(
    commands: list[CommandRecord], reference: str, token_key: str, *, is_new: bool, order: Any
) -> None:
    times = [each.created_at for each in commands]
    assume(len(set(times)) == len(times))
    seen = replace(
        session(authorization_reference=reference or "AUTH-0"),
        authorization_reference=reference,
        token_key=token_key,
        is_new=is_new,
    )
    link = link_of(seen, commands)
    shuffled = list(commands)
    order.shuffle(shuffled)
    again = link_of(seen, shuffled)
    assert (again and again.command.command_id) == (link and link.command.command_id)
    if link is not None:
        command = link.command
        assert command.to in ("", "IN*ABC")
        assert command.command != "STOP_SESSION"
        if link.linked_by == "authorization_reference" or command.command == "RESERVE_NOW":
            assert command.authorization_reference == reference
        else:
            assert command.token_key == token_key
            assert command.state in MAY_HAVE_STARTED
