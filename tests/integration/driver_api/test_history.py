"""GET /charges as an app's history: newest first over all tokens, each charge once, pages that stay."""

import base64
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest

from tests.integration.driver_api.phone import DRIVER, OTHER, Phone
from tests.integration.driver_api.test_charges import bill, linked, push, started
from tests.integration.emsp_side import Emsp

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def now_is_when_a_test_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole runs take minutes, and what a test sends has the time of sending."""
    monkeypatch.setattr(sys.modules[__name__], "NOW", datetime.now(UTC).replace(microsecond=0))


def ago(**span: int) -> str:
    return (NOW - timedelta(**span)).isoformat()


def listed(phone: Phone, **asked: Any) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = phone("GET", "/charges", query={**asked, **more}).json
        found += page["charges"]
        if page["next"] is None:
            return found
        more = {"next": page["next"]}


def begun(emsp: Emsp, command_id: str, **span: int) -> None:
    """Set when a command was sent."""
    emsp.commands.change(
        command_id, seen_state="SENT", changes={"state": "REJECTED", "created_at": NOW - timedelta(**span)}
    )


@pytest.fixture
def both(app: ModuleType) -> Phone:
    """A driver with two tokens."""
    return Phone(app, {"token_uid": f"[{DRIVER} {OTHER}]"})


@pytest.fixture
def year(phone: Phone, places: list[dict[str, Any]], emsp: Emsp) -> str:
    """Charges of all kinds, of two tokens in turns. Returns the id of a start that failed."""
    failed: str = started(phone, places[0]).json["id"]
    begun(emsp, failed, hours=5)
    begun_at = ((1, DRIVER), (2, OTHER), (3, DRIVER), (3, OTHER), (3, DRIVER), (6, OTHER), (7, DRIVER))
    for number, (hours, uid) in enumerate(begun_at):
        push(uid, f"S-{number}", start_date_time=ago(hours=hours))
    bill(OTHER, cdr_id="C-1", session_id="NEVER-CAME")
    return failed


def test_the_newest_stands_first_over_all_tokens(both: Phone, year: str) -> None:
    charges = listed(both, limit=100)
    began = [each["started_at"] for each in charges if each["started_at"]]
    assert began == sorted(began, reverse=True)
    assert len({each["started_at"][11:13] for each in charges if each["started_at"]}) > 4
    assert year in [each["id"] for each in charges], "a start that failed is part of the history"
    at = [each["id"] for each in charges].index(year)
    assert charges[at - 1]["started_at"] > ago(hours=5)[:19] > charges[at + 1]["started_at"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_are_the_list(both: Phone, year: str, limit: int) -> None:
    whole = [each["id"] for each in listed(both, limit=100)]
    assert len(whole) == len(set(whole)) == 9
    assert [each["id"] for each in listed(both, limit=limit)] == whole


def test_a_page_leads_on_even_when_the_time_is_short(
    both: Phone, year: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [each["id"] for each in listed(both, limit=100)]
    monkeypatch.setattr("emsp.driver_api.history.TIME_KEPT_S", 3600.0)
    assert [each["id"] for each in listed(both, limit=100)] == whole


def test_a_charge_that_comes_meanwhile_moves_nothing(both: Phone, year: str) -> None:
    whole = [each["id"] for each in listed(both, limit=100)]
    page, found = both("GET", "/charges", query={"limit": 2}).json, []
    while True:
        found += [each["id"] for each in page["charges"]]
        push(OTHER, f"NEW-{len(found)}", start_date_time=NOW.isoformat())
        if page["next"] is None:
            break
        page = both("GET", "/charges", query={"limit": 2, "next": page["next"]}).json
    assert found == whole


def test_two_adjacent_spans_have_each_charge_once(both: Phone, year: str) -> None:
    whole = sorted(each["id"] for each in listed(both))
    middle = ago(hours=3)
    parts = [*listed(both, to=middle), *listed(both, **{"from": middle})]
    assert sorted(each["id"] for each in parts) == whole


def test_a_start_with_its_session_and_cdr_is_one_charge(
    phone: Phone, place: dict[str, Any], emsp: Emsp
) -> None:
    charge_id = started(phone, place).json["id"]
    assert [each["state"] for each in listed(phone)] == ["STARTING"]
    linked(emsp, charge_id, party_id="CPO")
    assert [(each["id"], each["state"]) for each in listed(phone)] == [(charge_id, "CHARGING")]
    bill()
    everything = {"from": "2026-01-01T00:00:00Z"}
    assert [(each["id"], each["state"]) for each in listed(phone, **everything)] == [(charge_id, "FINISHED")]


def test_a_start_that_has_the_session_of_somebody_else_stays_listed(
    phone: Phone, other_phone: Phone, place: dict[str, Any], emsp: Emsp
) -> None:
    """As its own part: STARTING, then TIMED_OUT. Nothing of the other's session is in it."""
    charge_id = started(phone, place).json["id"]
    linked(emsp, charge_id, uid=OTHER, session_id="OF-OTHER", kwh=77)
    [charge] = listed(phone)
    assert (charge["id"], charge["state"], charge["kwh"]) == (charge_id, "STARTING", None)
    assert phone("GET", f"/charges/{charge_id}").json == charge
    long_ago = NOW - timedelta(minutes=31)
    emsp.commands.change(charge_id, seen_state="SENT", changes={"state": "ACCEPTED", "created_at": long_ago})
    [charge] = listed(phone)
    assert (charge["id"], charge["state"], charge["started_at"]) == (charge_id, "TIMED_OUT", None)
    [of_other] = listed(other_phone)
    assert of_other["kwh"] == 77
    assert charge_id not in str(of_other)
    assert listed(Phone(phone.app, {"token_uid": f"[{DRIVER} {OTHER}]"}))[0]["id"] == charge_id


@pytest.mark.parametrize("gone", [["sessions"], ["cdrs"]])
def test_an_id_is_stable_while_the_session_or_the_cdr_lives(
    phone: Phone, place: dict[str, Any], emsp: Emsp, gone: list[str]
) -> None:
    """DynamoDB deletes what has expired, one table after the other. An end stays as it was."""
    charge_id = started(phone, place, limit={"energy_kwh": 1}).json["id"]
    linked(emsp, charge_id, party_id="CPO", status="COMPLETED")
    emsp.commands.change(charge_id, seen_state="SENT", changes={"state": "ACCEPTED", "limit_reached": "{}"})
    ended = (NOW + timedelta(minutes=1)).isoformat()
    bill(start_date_time=ago(minutes=5), end_date_time=ended)
    for table in gone:
        [item] = boto3.client("dynamodb").scan(TableName=table)["Items"]
        boto3.client("dynamodb").delete_item(TableName=table, Key={"object_key": item["object_key"]})
    [charge] = listed(phone)
    assert (charge["id"], charge["state"]) == (charge_id, "STOPPED_AT_LIMIT")
    assert phone("GET", f"/charges/{charge_id}").json == charge


@pytest.mark.parametrize(
    "inside",
    [
        "2026-11-30T10:00:00Z -1 key",
        "2026-11-30T10:00:00Z 3 key",
        "2026-11-30T10:00:00Z 99 key",
        "2026-11-30T10:00:00Z ² key",
        "2026-11-30T10:00:00Z 0 ",
        "2026-11-30T10:00:00Z 0",
        "1999 0 key",
        "9999 0 key",
        "~ 0 key",
        "2026-11-30T10:00:00Z 0 " + "k" * 2049,
    ],
)
def test_a_cursor_that_is_none_is_refused(phone: Phone, inside: str) -> None:
    asked = {"next": base64.urlsafe_b64encode(inside.encode()).decode(), "from": "2026-11-01T00:00:00Z"}
    answer = phone("GET", "/charges", query=asked)
    assert (answer.status, answer.json["errors"][0]["path"]) == (400, "query.next")
