from typing import Any

import pytest

from tests.hub_simulator.json_types import JsonObject
from tests.unit.hub_simulator.conftest import Connected


@pytest.fixture
def location(connected: Connected) -> JsonObject:
    return connected.hub.admin.objects("locations", limit=1)[0]


@pytest.mark.parametrize("allowed", ["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED", "UNKNOWN"])
def test_a_token_says_by_its_uid_or_an_admin_says_how_it_is_answered(
    connected: Connected, allowed: str
) -> None:
    by_uid = connected.call("PUT", f"tokens/IN/EMS/{allowed}-7/authorize")
    connected.hub.admin.prescribe_authorization("U1", allowed)
    prescribed = connected.call("POST", "tokens/U1/authorize?type=RFID")
    assert by_uid.data["allowed"] == prescribed.data["allowed"] == allowed
    assert prescribed.data["token"]["type"] == "RFID"
    assert ("authorization_reference" in by_uid.data) == (allowed == "ALLOWED")


def test_only_evses_of_the_location_are_allowed(connected: Connected, location: JsonObject) -> None:
    uid = location["evses"][0]["uid"]
    some = {"location_id": location["id"], "evse_uids": [uid, "elsewhere"]}
    none = {"location_id": location["id"], "evse_uids": ["elsewhere"]}
    path = "tokens/IN/EMS/U1/authorize"
    answered = connected.call("PUT", path, some).data["location"]
    assert answered == {"location_id": location["id"], "evse_uids": [uid]}
    assert connected.call("PUT", path, none).data["allowed"] == "NOT_ALLOWED"


def test_refusals_of_authorize(connected: Connected, location: JsonObject) -> None:
    authorize = "tokens/IN/EMS/U1/authorize"
    assert connected.call("PUT", "tokens/IN/XXX/U1/authorize").code == 2000
    assert connected.call("PUT", "tokens/IN/EMS/MISSING-1/authorize").code == 2003
    assert connected.call("PUT", authorize, {"location_id": "NOWHERE"}).code == 2003
    assert connected.call("PUT", authorize, {"evse_uids": []} | {"x": 1}).code == 2001
    unrouted = {"OCPI-to-country-code": "IN", "OCPI-to-party-id": "ZZZ"}
    refused = connected.call("PUT", authorize, headers=unrouted)
    assert "NOT_ROUTED" in refused.json["status_message"]
    stranger = {"OCPI-from-country-code": "IN", "OCPI-from-party-id": "ZZZ"}
    assert connected.call("PUT", authorize, headers=stranger).code == 2000
    connected.hub.admin.set_party("IN", "TZC", "OFFLINE")
    asked = {"location_id": location["id"]}
    assert connected.call("PUT", authorize, asked).data["allowed"] == "UNKNOWN"


def test_http_statuses_show_when_they_are_not_hidden(connected: Connected) -> None:
    hidden = connected.call("PUT", "tokens/IN/XXX/U1/authorize")
    connected.hub.admin.change_settings(errors_as_http_200=False)
    shown = connected.call("PUT", "tokens/IN/XXX/U1/authorize")
    assert (hidden.status, shown.status) == (200, 403)
    assert connected.call("GET", "locations/IN/TZC/NONE").status == 404
    assert connected.call("GET", "nonsense").status == 404
    assert connected.call("PUT", "locations").status == 405


def test_the_hub_gives_no_sessions_and_cdrs(connected: Connected) -> None:
    assert connected.call("GET", "sessions").code == 2000
    assert connected.call("GET", "cdrs").code == 2000


def test_ids_are_echoed_or_made_up(connected: Connected) -> None:
    given = connected.call("GET", "hubclientinfo", headers={"X-Request-ID": "r1", "X-Correlation-ID": "c1"})
    made_up = connected.call("GET", "nonsense")
    assert (given.headers["x-request-id"], given.headers["x-correlation-id"]) == ("r1", "c1")
    assert len(made_up.headers["x-request-id"]) == 36


def test_a_location_id_of_several_cpos_needs_an_address(connected: Connected) -> None:
    body = {"location_id": "SITE-1"}
    refused = connected.call("PUT", "tokens/IN/EMS/U1/authorize", body)
    to = {"OCPI-to-country-code": "in", "OCPI-to-party-id": "vdp"}
    assert (refused.code, "OCPI-to" in refused.json["status_message"]) == (2000, True)
    assert connected.call("PUT", "tokens/IN/EMS/U1/authorize", body, headers=to).code == 1000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_url": None}, 2001),
        ({"response_url": "ftp://x"}, 2001),
        ({"token": None}, 2001),
        ({"location_id": "NOWHERE"}, 2003),
        ({"evse_uid": "NONE"}, 2003),
        ({"evse_uid": None, "connector_id": "1"}, 2001),
    ],
)
def test_a_start_with_something_wrong_is_refused(
    connected: Connected, location: JsonObject, change: JsonObject, code: int
) -> None:
    assert connected.start(location, **change).code == code


def test_a_start_with_the_token_of_another_emsp_is_refused(
    connected: Connected, location: JsonObject
) -> None:
    assert connected.start(location, token=connected.token_object() | {"party_id": "XXX"}).code == 2000


def results(connected: Connected, beginning: str = "/commands/START_SESSION") -> list[Any]:
    connected.hub.admin.wait_idle(5)
    return [body["result"] for body in connected.emsp.bodies(beginning)]


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ({"result": "FAILED"}, ["FAILED"]),
        ({"result": "TIMEOUT", "copies": 3}, ["TIMEOUT"] * 3),
        (
            {"result": "REJECTED", "second_result": "ACCEPTED", "second_delay_s": 0.01},
            ["REJECTED", "ACCEPTED"],
        ),
        ({"callback": False, "result": "FAILED"}, []),
        ({"response": "REJECTED"}, []),
        ({"response": "NOT_SUPPORTED"}, []),
        ({"command": "STOP_SESSION", "result": "FAILED"}, ["ACCEPTED"]),
    ],
)
def test_the_next_command_goes_as_prescribed_and_the_one_after_as_usual(
    connected: Connected, location: JsonObject, behaviour: JsonObject, expected: list[str]
) -> None:
    connected.hub.admin.change_settings(charging={"max_session_s": 0.05})
    connected.hub.admin.add_command_behaviour(**behaviour)
    reply = connected.start(location)
    assert reply.data["result"] == behaviour.get("response", "ACCEPTED")
    assert results(connected) == expected
    if behaviour.get("command") is None:
        connected.start(location, number="2")
        assert results(connected, "/commands/START_SESSION/2") == ["ACCEPTED"]


def test_a_result_can_come_before_the_answer_and_long_after_it(
    connected: Connected, location: JsonObject
) -> None:
    connected.hub.admin.add_command_behaviour(early=True, result="FAILED", timeout=7)
    reply = connected.start(location)
    assert reply.data == {"result": "ACCEPTED", "timeout": 7}
    assert len(connected.emsp.bodies("/commands")) == 1

    connected.hub.admin.add_command_behaviour(callback_delay_s=1.0, result="FAILED")
    connected.start(location)
    assert len(connected.emsp.bodies("/commands")) == 1
    assert len(results(connected)) == 2


def test_the_result_carries_the_command_s_correlation_id(connected: Connected, location: JsonObject) -> None:
    connected.hub.admin.add_command_behaviour(result="FAILED")
    body = {
        "response_url": f"{connected.emsp.url}/commands/UNLOCK_CONNECTOR/1",
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "connector_id": "1",
    }
    connected.call("POST", "commands/UNLOCK_CONNECTOR", body, headers={"X-Correlation-ID": "c-77"})
    assert results(connected, "/commands/UNLOCK_CONNECTOR") == ["FAILED"]
    assert [h["x-correlation-id"] for _, p, _, h in connected.emsp.received if "UNLOCK" in p] == ["c-77"]


def test_an_occupied_evse_takes_one_session_only(connected: Connected, location: JsonObject) -> None:
    connected.start(location, number="1")
    connected.start(location, number="2")
    both = [body["result"] for body in connected.come("/commands/START_SESSION", 2)]
    assert sorted(both) == ["ACCEPTED", "EVSE_OCCUPIED"]
    assert len(connected.hub.admin.sessions()) == 1


def test_a_cpo_that_is_not_connected_takes_no_command(connected: Connected, location: JsonObject) -> None:
    connected.hub.admin.set_party("IN", "TZC", "OFFLINE")
    assert connected.start(location).code == 4003


def test_an_unknown_session_can_t_be_stopped(connected: Connected) -> None:
    assert connected.stop("S-none").data["result"] == "UNKNOWN_SESSION"
    assert connected.call("POST", "commands/DANCE", {}).code == 2003


def reserve(connected: Connected, location: JsonObject, until: str) -> JsonObject:
    body = {
        "response_url": f"{connected.emsp.url}/commands/RESERVE_NOW/1",
        "token": connected.token_object(),
        "expiry_date": until,
        "reservation_id": "R1",
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
    }
    data: JsonObject = connected.call("POST", "commands/RESERVE_NOW", body).data
    connected.come("/sessions", 1)
    return data


def statuses(connected: Connected) -> list[str]:
    seen: list[str] = []
    for body in connected.emsp.bodies("/sessions"):
        if body["status"] not in seen[-1:]:
            seen.append(body["status"])
    return seen


def test_a_reservation_becomes_the_session_of_its_driver(connected: Connected, location: JsonObject) -> None:
    reserve(connected, location, "2099-01-01T00:00:00Z")
    assert connected.hub.admin.objects("locations", limit=1)[0]["evses"][0]["status"] == "RESERVED"
    connected.start(location)
    connected.come("/sessions", 2)
    (known,) = connected.hub.admin.sessions()
    connected.stop(known["session"]["id"])
    connected.hub.admin.wait_idle(5)
    assert statuses(connected) == ["RESERVATION", "ACTIVE", "COMPLETED"]
    assert len({body["id"] for body in connected.emsp.bodies("/sessions")}) == 1


def test_a_reservation_can_be_cancelled_once(connected: Connected, location: JsonObject) -> None:
    reserve(connected, location, "2099-01-01T00:00:00Z")
    url = f"{connected.emsp.url}/commands/CANCEL_RESERVATION/1"
    for _ in range(2):
        connected.call("POST", "commands/CANCEL_RESERVATION", {"response_url": url, "reservation_id": "R1"})
        connected.hub.admin.wait_idle(5)
    assert results(connected, "/commands/CANCEL") == ["ACCEPTED", "UNKNOWN_RESERVATION"]
    assert statuses(connected) == ["RESERVATION", "COMPLETED"]


def test_a_cpo_can_cancel_a_reservation_on_the_same_response_url(
    connected: Connected, location: JsonObject
) -> None:
    connected.hub.admin.add_command_behaviour(cancel_reservation_after_s=0.1)
    reserve(connected, location, "2099-01-01T00:00:00Z")
    assert results(connected, "/commands/RESERVE_NOW/1") == ["ACCEPTED", "CANCELED_RESERVATION"]
    assert connected.hub.admin.objects("locations", limit=1)[0]["evses"][0]["status"] == "AVAILABLE"


def test_a_reservation_ends_by_itself(connected: Connected, location: JsonObject) -> None:
    reserve(connected, location, "2020-01-01T00:00:00Z")
    connected.hub.admin.wait_idle(5)
    assert statuses(connected) == ["RESERVATION", "COMPLETED"]
