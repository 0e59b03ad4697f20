"""A charge from the app's side: start, state, stop, receipt; and never another driver's."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from emsp.driver_api import build_start
from emsp.driver_api.build_admission import admission
from emsp.stores import aws
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.sessions import SessionChanged, SessionStore, StoredSession
from emsp.stores.table import LargeBodies
from tests.integration import samples
from tests.integration.driver_api.phone import DRIVER, OTHER, Answer, Phone
from tests.integration.dynamodb_calls import dynamodb_calls
from tests.integration.emsp_side import Emsp
from tests.price.page import POLL_LOOKUPS, POLL_READS

KEY = "tap-1"
BODIES = LargeBodies("large-bodies", aws.s3_client)


def sessions() -> SessionStore:
    return SessionStore(aws.dynamodb_client(), "sessions", BODIES)


def push(uid: str = DRIVER, session_id: str = "S-1", command_id: str = "", **changes: Any) -> str:
    """A session as receive_session stores it, linked to its command. Returns its key."""
    now = datetime.now(UTC)
    value = samples.session(session_id, at=now.isoformat(), **{"start_date_time": now.isoformat(), **changes})
    value["cdr_token"]["uid"] = uid
    key = f"IN#{value['party_id']}#{session_id}"
    stored = StoredSession(
        key,
        json.dumps(value),
        value["status"],
        now.isoformat(),
        now.isoformat(),
        "hash",
        now,
        token_key=f"IN#EMS#{uid}",
        start_date_time=value["start_date_time"],
    )
    try:
        sessions().write_if_newer(stored)
    except SessionChanged as moved:
        sessions().write_over(stored, moved.stored.revision if moved.stored else 0)
    if command_id:
        sessions().note_command(key, command_id)
    return key


def bill(
    uid: str = DRIVER, cdr_id: str = "C-1", session_id: str = "S-1", party_id: str = "CPO", **changes: Any
) -> None:
    value = samples.cdr(cdr_id, session_id=session_id, party_id=party_id, **changes)
    value["cdr_token"]["uid"] = uid
    now = datetime.now(UTC)
    CdrStore(aws.dynamodb_client(), "cdrs", BODIES).add(
        StoredCdr(
            f"IN#{party_id}#{cdr_id}",
            json.dumps(value),
            "hash",
            now.isoformat(),
            value["end_date_time"],
            now,
            token_key=f"IN#EMS#{uid}",
            session_key=f"IN#{party_id}#{session_id}",
        )
    )
    sessions().close(
        f"IN#{party_id}#{session_id}", f"IN#{party_id}#{cdr_id}", value["end_date_time"], now, has_come=True
    )


def started(phone: Phone, place: dict[str, Any], key: str = "tap-1", **more: Any) -> Answer:
    answer = phone("POST", "/charges", {**place, **more}, idempotency_key=key)
    assert answer.status == 202, answer.text
    return answer


def linked(emsp: Emsp, command_id: str, uid: str = DRIVER, session_id: str = "S-1", **changes: Any) -> None:
    key = push(uid, session_id, command_id, **changes)
    emsp.commands.link_session(
        command_id, {"session_id": session_id, "session_key": key, "linked_by": "token_and_place"}
    )


def test_a_charge_from_the_tap_to_the_receipt(phone: Phone, place: dict[str, Any], emsp: Emsp) -> None:
    answer = started(phone, place, limit={"energy_kwh": 20})
    charge = answer.json
    assert (charge["state"], charge["limit"]) == ("STARTING", {"energy_kwh": 20.0})
    assert answer.headers["Location"].endswith(f"/v1/charges/{charge['id']}")
    assert answer.headers["Retry-After"] == "2"
    [sent] = emsp.hub.admin.requests(module="commands")
    assert sent["body"]["token"]["uid"] == DRIVER
    path = f"/charges/{charge['id']}"

    cpo = place["station"]["party_id"]
    linked(emsp, charge["id"], kwh=1.5, party_id=cpo)
    running = phone("GET", path)
    assert (running.json["state"], running.json["kwh"], running.json["minutes"]) == ("CHARGING", 1.5, 0)
    assert running.headers["Retry-After"] == "15"
    same = phone("GET", path, if_none_match=running.headers["ETag"])
    assert (same.status, same.text) == (304, "")

    assert phone("GET", f"{path}/receipt").problem == "no-receipt-yet"
    stopping = phone("POST", f"{path}/stop")
    assert (stopping.status, stopping.json["state"]) == (202, "STOPPING")
    assert phone("POST", f"{path}/stop").status == 202
    assert [each["path"].split("/")[-1] for each in emsp.hub.admin.requests(module="commands")] == [
        "START_SESSION",
        "STOP_SESSION",
    ], "one stop for two taps"

    push(command_id=charge["id"], kwh=12.5, status="COMPLETED", party_id=cpo)
    assert phone("GET", path).json["state"] == "FINISHED"
    assert phone("POST", f"{path}/stop").problem == "over-already"
    push(command_id=charge["id"], kwh=12.6, status="ACTIVE", party_id=cpo)
    assert phone("GET", path).json["state"] == "FINISHED", "a CPO that takes back an end changes nothing"
    bill(party_id=cpo)
    done = phone("GET", path)
    assert done.json["receipt_ready"]
    assert "Retry-After" not in done.headers
    receipt = phone("GET", f"{path}/receipt").json
    assert receipt["to_pay"] == {"currency": "INR", "excl_vat": "250.1", "incl_vat": "295.12"}
    page = phone("GET", f"{path}/receipt", accept="text/html", accept_language="hi")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "रसीद" in page.text
    assert "295.12" in page.text


def test_two_reads_for_a_running_charge(
    phone: Phone, pulled: list[dict[str, Any]], place: dict[str, Any], emsp: Emsp
) -> None:
    """docs/price.md counts on it: the first poll of a process looks up what the cost depends on."""
    charge_id = started(phone, place).json["id"]
    at = {"location_id": place["station"]["location_id"], "evse_uid": place["evse_uid"]}
    [tariff_id, *_] = pulled[0]["evses"][0]["connectors"][0]["tariff_ids"]
    now = datetime.now(UTC).isoformat()
    at["charging_periods"] = [{"start_date_time": now, "tariff_id": tariff_id, "dimensions": []}]
    linked(emsp, charge_id, party_id=place["station"]["party_id"], **at)
    with dynamodb_calls() as calls:
        first = phone("GET", f"/charges/{charge_id}")
    two = ["GetItem commands", "GetItem sessions"]
    assert set(two) < set(calls)
    assert len(calls) == POLL_READS + POLL_LOOKUPS
    for known in ("", first.headers["ETag"]):
        with dynamodb_calls() as calls:
            answer = phone("GET", f"/charges/{charge_id}", if_none_match=known)
        assert (answer.status, sorted(calls)) == (304 if known else 200, two)
    assert len(two) == POLL_READS


def test_one_key_starts_once_for_each_driver(
    phone: Phone, other_phone: Phone, places: list[dict[str, Any]], emsp: Emsp
) -> None:
    place = places[0]
    first = started(phone, place).json["id"]
    assert started(phone, place).json["id"] == first
    other = started(other_phone, places[1]).json["id"]
    assert other != first
    assert len(emsp.hub.admin.requests(module="commands")) == 2
    assert len([each for each in emsp.hub.admin.requests() if "authorize" in each["path"]]) == 2, (
        "a repetition asks nobody"
    )
    changed = phone("POST", "/charges", {**place, "limit": {"minutes": 5}}, idempotency_key=KEY)
    assert (changed.status, changed.problem) == (422, "idempotency-key-reused")


def test_a_start_without_a_key_is_refused_with_the_reason(phone: Phone, place: dict[str, Any]) -> None:
    answer = phone("POST", "/charges", place)
    assert (answer.status, answer.problem) == (400, "bad-request")
    assert any("idempotency" in each["path"].lower() for each in answer.json["errors"])


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        ("BLOCKED", ("token-blocked", 403)),
        ("EXPIRED", ("token-expired", 403)),
        ("NO_CREDIT", ("no-credit", 403)),
        ("NOT_ALLOWED", ("token-not-allowed", 403)),
        ("UNKNOWN", ("cpo-offline", 503)),
    ],
)
def test_what_the_authorization_refuses_is_the_answer(
    phone: Phone, place: dict[str, Any], emsp: Emsp, allowed: str, refused: tuple[str, int]
) -> None:
    emsp.hub.admin.prescribe_authorization(DRIVER, allowed)
    answer = phone("POST", "/charges", place, idempotency_key=KEY)
    assert (answer.problem, answer.status) == refused
    assert emsp.hub.admin.requests(module="commands") == []
    assert phone("GET", "/charges").json["charges"] == []


@pytest.mark.parametrize("unknown", [{"party_id": "XYZ"}, {"location_id": "NOWHERE"}])
def test_a_station_that_is_not_there_is_not_found(
    phone: Phone, pulled: list[dict[str, Any]], place: dict[str, Any], unknown: dict[str, str]
) -> None:
    """It is neither the driver's token that is not known, nor a CPO that is offline."""
    answer = phone(
        "POST", "/charges", {**place, "station": {**place["station"], **unknown}}, idempotency_key=KEY
    )
    assert (answer.status, answer.problem) == (404, "not-found")


def test_one_phone_can_not_use_up_the_quota_of_all(
    app: ModuleType, phone: Phone, places: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(
        admission(app.settings), per_minute=2, now=lambda: datetime(2026, 11, 30, 10, 0, 20, tzinfo=UTC)
    )
    monkeypatch.setattr(build_start, "admission", lambda _: few)
    answers = [phone("POST", "/charges", places[each], idempotency_key=f"tap-{each}") for each in range(4)]
    assert [each.status for each in answers] == [202, 202, 429, 429]
    assert answers[2].problem == "too-many-requests"
    assert answers[2].headers["Retry-After"] == "40"


def test_nothing_of_another_driver_is_ever_there(
    phone: Phone, other_phone: Phone, app: ModuleType, place: dict[str, Any], emsp: Emsp
) -> None:
    """By command, by session, by CDR: not found, and never forbidden."""
    charge_id = started(phone, place).json["id"]
    linked(emsp, charge_id)
    push(session_id="CARD")
    bill(cdr_id="C-9", session_id="GONE")
    own = phone("GET", "/charges", query={"from": "2026-11-01T00:00:00Z"}).json["charges"]
    ids = [each["id"] for each in own]
    assert len(ids) == 3
    assert charge_id in ids
    for each in ids:
        assert phone("GET", f"/charges/{each}").json["id"] == each, "a stable id"
        for method, path in (
            ("GET", f"/charges/{each}"),
            ("GET", f"/charges/{each}/receipt"),
            ("POST", f"/charges/{each}/stop"),
        ):
            answer = other_phone(method, path)
            assert (answer.status, answer.problem) == (404, "not-found"), path
    everything = {"from": "2026-01-01T00:00:00Z"}
    assert other_phone("GET", "/charges", query=everything).json["charges"] == []
    both = Phone(app, {"token_uid": f"[{OTHER} {DRIVER}]"})
    assert [each["id"] for each in pages(both)] == ids


def pages(phone: Phone) -> list[dict[str, Any]]:
    found, asked = [], {"from": "2026-11-01T00:00:00Z", "limit": 1}
    while True:
        page = phone("GET", "/charges", query=asked).json
        found += page["charges"]
        if page["next"] is None:
            return found
        asked["next"] = page["next"]


def test_a_session_that_a_cpo_links_to_another_drivers_start_stays_the_others(
    phone: Phone, place: dict[str, Any], emsp: Emsp
) -> None:
    """Some CPOs count their references from 1 again."""
    charge_id = started(phone, place).json["id"]
    linked(emsp, charge_id, uid=OTHER, kwh=77)
    charge = phone("GET", f"/charges/{charge_id}").json
    assert (charge["state"], charge["kwh"]) == ("STARTING", None)


@pytest.mark.parametrize("state", ["REJECTED", "EVSE_OCCUPIED", "TIMEOUT"])
def test_what_comes_later_is_a_state_with_its_reason(
    phone: Phone, place: dict[str, Any], emsp: Emsp, state: str
) -> None:
    charge_id = started(phone, place).json["id"]
    emsp.commands.change(charge_id, seen_state="SENT", changes={"state": state})
    charge = phone("GET", f"/charges/{charge_id}", accept_language="hi").json
    expected = {
        "REJECTED": ("FAILED", "cpo-refused"),
        "EVSE_OCCUPIED": ("FAILED", "evse-occupied"),
        "TIMEOUT": ("TIMED_OUT", "cpo-timeout"),
    }[state]
    assert (charge["state"], charge["reason"]["type"].rpartition(":")[2]) == expected
    assert not charge["reason"]["message"].isascii()


@pytest.mark.parametrize(
    "charge_id",
    ["x", "s-", "s-%%%", "c-" + "A" * 1400, "s-SU4jQ1BPI1g", "%00", "..", "a" * 65, "c-SU4jQ1BPI1g"],
)
def test_an_id_that_is_none_is_not_found(phone: Phone, charge_id: str) -> None:
    assert phone("GET", f"/charges/{charge_id}").problem == "not-found"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"},
        {"to": "0001-01-01T00:00:00Z"},
        {"from": "0001-01-01T00:00:00Z"},
        {"to": "9999-12-31T23:59:59Z"},
        {"limit": "0"},
        {"limit": "101"},
        {"next": "x"},
        {"next": "OTkuYQ=="},
        {"next": "MC54"},
    ],
)
def test_a_bad_question_is_refused_by_its_field(phone: Phone, query: dict[str, str]) -> None:
    answer = phone("GET", "/charges", query=query)
    assert (answer.status, answer.problem) == (400, "bad-request")


def test_a_start_of_long_ago_has_timed_out(phone: Phone, place: dict[str, Any], emsp: Emsp) -> None:
    charge_id = started(phone, place).json["id"]
    ago = datetime.now(UTC) - timedelta(minutes=31)
    emsp.commands.change(charge_id, seen_state="SENT", changes={"state": "ACCEPTED", "created_at": ago})
    assert phone("GET", f"/charges/{charge_id}").json["state"] == "TIMED_OUT"
