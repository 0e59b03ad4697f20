"""A reservation from the app's side: made once, cancelled, and nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.driver_api.phone import Phone
from tests.integration.driver_api.test_charges import linked, push
from tests.integration.emsp_side import Emsp

KEY = "tap-1"


@pytest.fixture
def wish(place: dict[str, Any]) -> dict[str, Any]:  # pytest's way
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    return {"station": place["station"], "evse_uid": place["evse_uid"], "expires_at": soon}


def test_a_reservation_is_made_once_and_cancelled(
    phone: Phone, other_phone: Phone, wish: dict[str, Any], emsp: Emsp
) -> None:
    made = phone("POST", "/reservations", wish, idempotency_key=KEY)
    assert (made.status, made.json["state"]) == (202, "REQUESTED"), made.text
    path = f"/reservations/{made.json['id']}"
    assert made.headers["Location"].endswith(path)
    assert phone("POST", "/reservations", wish, idempotency_key=KEY).json["id"] == made.json["id"]
    emsp.commands.change(made.json["id"], seen_state="SENT", changes={"state": "ACCEPTED"})
    assert phone("GET", path).json["state"] == "RESERVED"
    for method in ("GET", "DELETE"):
        assert other_phone(method, path).problem == "not-found"
    assert other_phone("GET", "/reservations").json == {"reservations": []}

    emsp.hub.admin.add_command_behaviour(command="CANCEL_RESERVATION", response="ACCEPTED", callback=False)
    cancelled = phone("DELETE", path)
    assert (cancelled.status, cancelled.json["state"]) == (202, "CANCELLING"), cancelled.text
    assert [each["state"] for each in phone("GET", "/reservations").json["reservations"]] == ["CANCELLING"]
    assert phone("DELETE", path).problem == "over-already"


def test_a_session_that_is_only_reserved_is_no_charge_and_can_be_cancelled(
    phone: Phone, wish: dict[str, Any], emsp: Emsp
) -> None:
    """CPOs send a session with the status RESERVATION as soon as they reserve."""
    made = phone("POST", "/reservations", wish, idempotency_key=KEY).json["id"]
    emsp.commands.change(made, seen_state="SENT", changes={"state": "ACCEPTED"})
    linked(emsp, made, status="RESERVATION")
    assert phone("GET", f"/reservations/{made}").json["state"] == "RESERVED"
    assert phone("GET", "/charges").json["charges"] == []
    emsp.hub.admin.add_command_behaviour(command="CANCEL_RESERVATION", response="ACCEPTED", callback=False)
    assert phone("DELETE", f"/reservations/{made}").json["state"] == "CANCELLING"


def test_a_reservation_is_used_when_its_session_runs(phone: Phone, wish: dict[str, Any], emsp: Emsp) -> None:
    made = phone("POST", "/reservations", wish, idempotency_key=KEY).json["id"]
    linked(emsp, made, status="RESERVATION")
    push(command_id=made, status="COMPLETED")
    assert phone("GET", f"/reservations/{made}").json["state"] == "REQUESTED", "nobody came"
    used = phone("POST", "/reservations", wish, idempotency_key="tap-2").json["id"]
    linked(emsp, used, session_id="S-2", status="RESERVATION")
    push(session_id="S-2", command_id=used, status="ACTIVE")
    assert phone("GET", f"/reservations/{used}").json["state"] == "USED"
    assert phone("DELETE", f"/reservations/{used}").problem == "over-already"
    assert [each["state"] for each in phone("GET", "/charges").json["charges"]] == ["CHARGING", "FINISHED"]


def test_what_is_over_before_it_begins_is_refused(phone: Phone, wish: dict[str, Any]) -> None:
    answer = phone(
        "POST", "/reservations", {**wish, "expires_at": "2026-01-01T00:00:00Z"}, idempotency_key=KEY
    )
    assert answer.problem == "bad-request"
    assert phone("POST", "/reservations", wish).problem == "bad-request", "a key is needed"
