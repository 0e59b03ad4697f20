"""find_charges from end to end: what the Hub pushed and the clock told, found again by every question."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.commands.advance import advance_command
from emsp.commands.states import Resulted
from emsp.invocation import InvalidInvocation
from emsp.stores.commands import CommandStore, UnknownCommand
from tests.integration.house import REPOSITORY, House
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.integration.stored_commands import store_command
from tests.integration.streams import Streams
from tests.schemas.answers import ANSWERS

SPAN = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
OF_TOKEN = {"token_uid": "token1", **SPAN}
OF_CPO = {"country_code": "in", "party_id": "cpo", **SPAN}


def ask(house: House, payload: object, *seconds: float) -> Any:
    return json.loads(json.dumps(house.app("find_charges").handler(payload, Context(*seconds or (60.0,)))))


def only(house: House, payload: object) -> Any:
    answer = ask(house, payload)
    assert answer["next"] is None
    (charge,) = answer["charges"]
    return charge


def put(house: House, *sessions: dict[str, Any]) -> None:
    for each in sessions:
        assert house.call("PUT", path_of(each), each).status_code == 1000


def post(house: House, *cdrs: dict[str, Any]) -> None:
    for each in cdrs:
        assert house.call("POST", "/ocpi/2.2.1/cdrs", each).status_code == 1000


def credit(cdr_id: str, of: str, **changes: Any) -> dict[str, Any]:
    total = {"excl_vat": -250.10, "incl_vat": -295.12}
    return cdr(cdr_id, **{"credit": True, "credit_reference_id": of, "total_cost": total, **changes})


def reference(object_id: str) -> dict[str, str]:
    return {"country_code": "IN", "party_id": "CPO", "id": object_id}


def ids(answer: Any) -> list[str]:
    """The session of each charge, or its CDR where there is no session."""
    return [
        charge["session"]["id"] if charge["session"] else charge["cdrs"][0]["id"]
        for charge in answer["charges"]
    ]


@pytest.mark.parametrize(
    "question",
    [
        OF_TOKEN,
        OF_CPO,
        {"session": reference("S-1")},
        {"cdr": reference("C-1")},
        {"cdr": reference("C-2")},
        {"cdr": reference("C-3")},
    ],
    ids=["token", "cpo", "session", "cdr", "credit", "replacing"],
)
def test_a_charge_that_was_credited_and_replaced_is_found_by_every_question(
    house: House, question: dict[str, Any]
) -> None:
    streams = Streams()
    put(house, session(status="COMPLETED", kwh="12.50", last_updated="2026-11-22T10:40:00Z"))
    replacing = cdr("C-3", total_cost={"excl_vat": "240.1", "incl_vat": 283.318})
    post(house, cdr(), credit("C-2", "C-1", session_id=None), replacing)
    house.app("check_cdr").handler({"Records": streams.records()}, Context(600))

    charge = only(house, question)
    assert charge["session"]["status"] == "COMPLETED"
    assert charge["session"]["kwh"] == "12.5"
    assert [each["id"] for each in charge["cdrs"]] == ["C-1", "C-3"]
    assert [each["id"] for each in charge["credits"]] == ["C-2"]
    assert charge["cdrs"][0]["credited_by"] == "IN#CPO#C-2"
    assert charge["cdrs"][0]["check"]["verdict"] == "CANNOT_TELL"
    assert charge["cdrs"][0]["check"]["findings"][0]["code"] == "NO_TARIFF"
    assert charge["net"] == {"currency": "INR", "excl_vat": "240.1", "incl_vat": "283.318"}
    assert (charge["notes"], charge["command"], charge["overdue"]) == ([], None, [])


def test_times_are_utc_with_the_day_at_the_place_beside(house: House) -> None:
    late = "2026-11-22T19:00:00Z"
    put(house, session(start_date_time=late, last_updated="2026-11-22T20:00:00Z"))
    charge = only(house, OF_TOKEN)
    assert charge["time_zone"] == "Asia/Kolkata"
    assert (charge["session"]["start_date_time"], charge["session"]["start_day"]) == (late, "2026-11-23")
    assert (charge["session"]["end_date_time"], charge["session"]["end_day"]) == (None, None)


def test_the_day_is_that_of_the_locations_own_time_zone(house: House) -> None:
    text = json.dumps({**reference("LOC1"), "time_zone": "Pacific/Auckland"})
    keep_location(house, text)
    put(house, session(start_date_time="2026-11-22T12:00:00Z"))
    charge = only(house, OF_TOKEN)
    assert (charge["time_zone"], charge["session"]["start_day"]) == ("Pacific/Auckland", "2026-11-23")


def keep_location(house: House, text: str) -> None:
    house.dynamodb.put_item(
        TableName="locations",
        Item={
            "object_key": {"S": "IN#CPO#LOC1"},
            "body": {"S": text},
            "last_updated": {"S": "2026-11-01T00:00:00.000000000Z"},
            "received_at": {"S": "2026-11-01T00:00:00+00:00"},
            "content_hash": {"S": "0"},
            "text_hash": {"S": "0"},
        },
    )


def test_a_cdr_without_a_session_is_a_charge_by_when_it_ended(house: House) -> None:
    post(house, cdr("C-1", session_id=None), cdr("C-9", session_id=None, end_date_time=SPAN["to"]))
    for question in (OF_TOKEN, OF_CPO):
        charge = only(house, question)
        assert (charge["session"], charge["cdrs"][0]["id"]) == (None, "C-1")
        assert charge["net"]["excl_vat"] == "250.1"


@pytest.mark.parametrize("of", [OF_TOKEN, OF_CPO], ids=["token", "cpo"])
def test_a_span_holds_each_charge_once_and_those_that_touch_share_none(
    house: House, of: dict[str, Any]
) -> None:
    put(
        house,
        session("S-1", start_date_time="2026-11-22T23:59:59Z"),
        session("S-2", start_date_time="2026-11-23T00:00:00Z"),
    )
    over_midnight = {"start_date_time": "2026-11-22T23:59:59Z", "end_date_time": "2026-11-23T00:30:00Z"}
    post(house, cdr("C-1", session_id="S-1", **over_midnight), cdr("C-2", session_id="S-2", **over_midnight))
    post(house, cdr("C-3", session_id="S-3"), credit("C-4", "C-3", session_id="S-3"))
    post(house, credit("C-5", "C-3", session_id=None))
    next_day = {**of, "from": SPAN["to"], "to": "2026-11-24T00:00:00Z"}
    assert ids(ask(house, of)) == ["S-1", "C-3"]
    assert ids(ask(house, next_day)) == ["S-2"]


def test_a_charge_of_several_cdrs_without_a_session_is_on_one_page(house: House) -> None:
    later = "2026-11-22T11:00:00Z"
    post(house, cdr("C-3", session_id="S-3"), credit("C-4", "C-3", session_id="S-3", end_date_time=later))
    post(house, credit("C-5", "C-3", session_id=None, end_date_time=later))
    first = ask(house, {**OF_TOKEN, "limit": 1})
    assert ids(first) == ["C-3"]
    assert ask(house, {**OF_TOKEN, "limit": 1, "next": first["next"]}) == {"charges": [], "next": None}


@pytest.mark.parametrize("of", [OF_TOKEN, OF_CPO], ids=["token", "cpo"])
def test_pages_hold_each_charge_once(house: House, of: dict[str, Any]) -> None:
    numbers = range(7)
    put(
        house, *(session(f"S-{number}", start_date_time=f"2026-11-22T0{number}:00:00Z") for number in numbers)
    )
    post(house, *(cdr(f"C-{number}", session_id=f"S-{number}") for number in range(5, 9)))
    found: list[str] = []
    pages, question = 0, {**of, "limit": 2}
    while True:
        answer = ask(house, question)
        assert len(answer["charges"]) <= 2
        found, pages = found + ids(answer), pages + 1
        if answer["next"] is None:
            break
        question = {**of, "limit": 2, "next": answer["next"]}
    assert found == [*(f"S-{number}" for number in numbers), "C-7", "C-8"]
    assert pages == 5


def test_a_page_that_runs_out_of_time_tells_where_to_go_on(house: House) -> None:
    put(house, session("S-1"), session("S-2"))
    first = ask(house, OF_TOKEN, 60, 5)
    assert len(first["charges"]) == 1
    second = ask(house, {**OF_TOKEN, "next": first["next"]})
    assert sorted(ids(first) + ids(second)) == ["S-1", "S-2"]


def test_other_drivers_and_other_cpos_charges_are_not_told(house: House) -> None:
    put(house, session("S-2", cdr_token=cdr_token("OTHER")), session("S-3", party_id="CPX"))
    assert ids(ask(house, OF_TOKEN)) == ["S-3"]
    assert ids(ask(house, OF_CPO)) == ["S-2"]


def test_the_command_that_began_a_charge_is_told_and_finds_it(house: House) -> None:
    store_command("id-1", state="SENT")
    charge = only(house, {"command_id": "id-1"})
    assert (charge["session"], charge["command"]["state"]) == (None, "SENT")
    put(house, session())
    link(house, "S-1", "id-1")
    for question in ({"command_id": "id-1"}, {"session": reference("S-1")}, OF_TOKEN):
        charge = only(house, question)
        assert (charge["session"]["id"], charge["command"]["command_id"]) == ("S-1", "id-1")
        assert charge["command"]["created_at"] == "2026-11-22T10:00:00.000000Z"


def link(house: House, session_id: str, command_id: str) -> None:
    key = f"IN#CPO#{session_id}"
    changes = {"session_id": session_id, "session_key": key, "linked_by": "REFERENCE"}
    CommandStore(house.dynamodb, "commands").link_session(command_id, changes)
    house.app("find_charges").find_charges.gather.sessions.note_command(key, command_id)


def test_open_tells_what_waits_also_what_is_overdue_and_nothing_else(house: House) -> None:
    put(house, session("S-1"), session("S-2", status="COMPLETED"), session("S-3", status="COMPLETED"))
    put(house, session("S-4", status="INVALID"))
    post(house, cdr("C-3", session_id="S-3"), cdr("C-5", session_id="S-5"))
    put(house, session("S-3", status="COMPLETED", at="2026-11-22T11:00:00Z"))
    store_command("id-1", state="SENT")
    accepted_at = datetime.now(UTC)
    advance_command(
        CommandStore(boto3.client("dynamodb"), "commands"), "id-1", Resulted("ACCEPTED"), accepted_at
    )
    before = ask(house, {"open": True})["charges"]
    assert all(charge["overdue"] == [] for charge in before)

    for _ in range(2):
        house.app("watch_charges").watch_charges(datetime.now(UTC) + timedelta(days=30))
        put(house, session("S-2", status="COMPLETED", at="2026-11-22T12:00:00Z"))
    after = ask(house, {"open": True})["charges"]
    told = {
        (
            each["session"]["id"]
            if each["session"]
            else each["cdrs"][0]["id"]
            if each["cdrs"]
            else each["command"]["command_id"]
        ): [overdue["kind"] for overdue in each["overdue"]]
        for each in after
    }
    assert told == {
        "S-1": ["SESSION_SILENT"],
        "S-2": ["CDR_OVERDUE"],
        "C-5": ["CDR_WITHOUT_SESSION"],
        "id-1": ["SESSION_NOT_STARTED"],
    }
    assert len(before) == len(after)

    post(house, cdr("C-2", session_id="S-2"))
    put(house, session("S-1", at="2026-11-22T13:00:00Z"), session("S-5", status="COMPLETED"))
    link(house, "S-1", "id-1")
    rest = ask(house, {"open": True})["charges"]
    assert [(each["session"]["id"], each["command"]["command_id"]) for each in rest] == [("S-1", "id-1")]


def test_open_pages_hold_each_charge_once(house: House) -> None:
    put(house, *(session(f"S-{number}") for number in range(9)))
    found: list[str] = []
    following: dict[str, Any] = {}
    for _ in range(10):
        answer = ask(house, {"open": True, "limit": 2, **following})
        found += ids(answer)
        following = {"next": answer["next"]}
        if answer["next"] is None:
            break
    assert sorted(found) == [f"S-{number}" for number in range(9)]


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({}, 'give one of "token_uid"'),
        ({"open": False}, "open must be one of"),
        ({"open": True, **SPAN}, '"from" and "to" are needed'),
        ({"token_uid": "A"}, '"from" and "to" are needed'),
        ({"token_uid": "A", "from": SPAN["from"]}, '"from" and "to" are needed'),
        ({**OF_TOKEN, "open": True}, 'give one of "token_uid"'),
        ({**OF_TOKEN, "to": SPAN["from"]}, '"to" must be after "from"'),
        ({**OF_TOKEN, "from": "yesterday"}, "from"),
        ({**OF_TOKEN, "from": 7}, "from"),
        ({"country_code": "IN", **SPAN}, 'give both "country_code" and "party_id"'),
        ({**OF_CPO, "from": "2025-01-01T00:00:00Z"}, "within 366 days"),
        ({**OF_TOKEN, "limit": 0}, "limit must be at least 1"),
        ({**OF_TOKEN, "limit": 101}, "limit must be at most 100"),
        ({**OF_TOKEN, "token": "A"}, "unknown field 'token'"),
        ({"cdr": {"id": "C-1"}}, "cdr.country_code is missing"),
        ({"cdr": reference("C-1")}, "there is no CDR IN#CPO#C-1"),
        ({"session": reference("S-1")}, "there is no session IN#CPO#S-1"),
        ({"session": reference("S-1"), "next": "A"}, '"next" is only for lists'),
        ({**OF_TOKEN, "next": "A"}, "next is not from an answer of find_charges"),
        ({**OF_TOKEN, "next": "bnVsbA=="}, "next is not from an answer of find_charges"),
        ({**OF_TOKEN, "next": "é"}, "next is not from an answer of find_charges"),
        ({**OF_TOKEN, "next": "////"}, "next is not from an answer of find_charges"),
    ],
)
def test_bad_questions_are_refused_with_what_is_wrong(house: House, payload: Any, told: str) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        ask(house, payload)


def test_a_cursor_is_of_its_own_question_only(house: House) -> None:
    put(house, session("S-1"), session("S-2"))
    cursor = ask(house, {**OF_TOKEN, "limit": 1})["next"]
    for other in ({**OF_TOKEN, "token_uid": "B"}, OF_CPO, {"open": True}):
        with pytest.raises(InvalidInvocation, match="next is not from an answer of find_charges"):
            ask(house, {**other, "next": cursor})
    assert len(ask(house, {**OF_TOKEN, "limit": 100, "next": cursor})["charges"]) == 1


def test_a_command_that_begins_no_charge_is_no_question(house: House) -> None:
    store_command("id-1", command="STOP_SESSION")
    with pytest.raises(InvalidInvocation, match="begins no charge"):
        ask(house, {"command_id": "id-1"})
    with pytest.raises(UnknownCommand):
        ask(house, {"command_id": "id-2"})


def test_odd_objects_are_told_without_a_wrong_sum(house: House) -> None:
    odd = cdr("C-1", total_cost={"excl_vat": "12.5"}, total_energy="NaN", cdr_token={"uid": 7}, currency=None)
    put(house, session(kwh="NaN", cdr_token={"uid": "TOKEN1"}, start_date_time="soon"))
    house.call("POST", "/ocpi/2.2.1/cdrs", odd)
    charge = only(house, {"session": reference("S-1")})
    assert (charge["session"]["kwh"], charge["session"]["start_date_time"]) == (None, None)


@pytest.mark.parametrize("name", ["of_a_token", "of_a_cpo", "of_a_cdr", "open"])
def test_the_samples_find_a_charge(house: House, name: str) -> None:
    path = REPOSITORY / "events" / "find_charges" / f"{name}.json"
    put(house, session())
    if name != "open":
        post(house, cdr())
    assert only(house, json.loads(path.read_text(encoding="utf-8")))["session"]["id"] == "S-1"


def test_what_is_answered_is_held_to_its_schema() -> None:
    assert "find_charges" in ANSWERS
