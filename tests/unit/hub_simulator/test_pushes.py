import pytest

from tests.unit.hub_simulator.conftest import Connected
from tests.unit.hub_simulator.emsp_side import OUR_TOKEN


def session(session_id: str = "S1") -> dict[str, str]:
    return {"country_code": "IN", "party_id": "TZC", "id": session_id}


@pytest.mark.parametrize(
    ("answers", "state", "attempts"),
    [
        ([], "delivered", 1),
        ([(500, 3000), (503, None), (200, 3000)], "delivered", 4),
        ([(0, None)], "delivered", 2),
        ([(200, None)], "delivered", 2),
        ([(429, 2000)], "delivered", 2),
        ([(500, 3000)] * 4, "dead", 4),
        ([(400, 2001)], "dead", 1),
        ([(401, 2002)], "dead", 1),
        ([(200, 2001)], "dead", 1),
    ],
)
def test_what_is_retried_and_what_is_given_up(
    connected: Connected, answers: list[tuple[int, int | None]], state: str, attempts: int
) -> None:
    connected.emsp.answers["/sessions"] = list(answers)
    (push,) = connected.hub.admin.push("sessions", session(), wait=True)
    assert (push["state"], len(push["attempts"])) == (state, attempts)
    assert len(connected.emsp.bodies("/sessions/IN/TZC/S1")) == attempts


def test_dead_letters_are_listed_and_can_be_driven_again(connected: Connected) -> None:
    connected.emsp.answers["/cdrs"] = [(400, 2001)]
    connected.hub.admin.push("cdrs", {"id": "C1"}, wait=True)
    assert [dead["body"] for dead in connected.hub.admin.dead_letters()] == ['{"id":"C1"}']

    assert connected.hub.admin.redrive() == 1
    connected.hub.admin.wait_idle()

    assert connected.hub.admin.dead_letters() == []
    (push,) = connected.hub.admin.pushes(module="cdrs")
    assert push["state"] == "delivered"
    assert push["location"] == f"{connected.emsp.url}/cdrs/1"


def test_a_lane_keeps_its_order_though_its_first_push_is_retried(connected: Connected) -> None:
    connected.emsp.answers["/sessions"] = [(500, 3000), (500, 3000)]
    for n in range(4):
        connected.hub.admin.push("sessions", session() | {"n": str(n)}, lane="one")
    connected.hub.admin.wait_idle()
    assert [body["n"] for body in connected.emsp.bodies("/sessions")] == ["0", "0", "0", "1", "2", "3"]


def test_headers_name_the_parties_and_ids_are_fresh_for_each_try(connected: Connected) -> None:
    connected.emsp.answers["/sessions"] = [(500, 3000)]
    connected.hub.admin.push("sessions", session(), wait=True)
    first, second = [headers for _, path, _, headers in connected.emsp.received if "S1" in path]
    assert first["ocpi-from-party-id"] == "TZC"
    assert first["ocpi-to-party-id"] == "EMS"
    assert first["x-request-id"] != second["x-request-id"]
    assert first["x-correlation-id"] == second["x-correlation-id"]


def test_our_token_comes_in_the_encoding_and_of_the_age_that_was_asked_for(connected: Connected) -> None:
    newer = connected.emsp.credentials() | {"token": "our-newer-token"}
    connected.call("PUT", "credentials", newer)
    for which in ("newest", "oldest"):
        connected.hub.admin.change_settings(pushes={"token": which, "token_encoding": "plain"})
        connected.hub.admin.push("sessions", session(), wait=True)
    sent = [headers["authorization"] for _, path, _, headers in connected.emsp.received if "S1" in path]
    assert sent == ["Token our-newer-token", f"Token {OUR_TOKEN}"]


def test_any_text_can_be_pushed_and_copied(connected: Connected) -> None:
    pushes = connected.hub.admin.push("cdrs", raw="[1]", copies=3, wait=True)
    assert [push["state"] for push in pushes] == ["delivered"] * 3
    assert connected.emsp.bodies("/cdrs") == [[1], [1], [1]]


def test_the_probe_makes_us_offline_and_back_and_offline_stops_real_time(connected: Connected) -> None:
    connected.emsp.answers["/versions"] = [(200, None)]
    (sick,) = connected.hub.admin.probe()
    assert not sick["healthy"]
    ours = connected.call("GET", "hubclientinfo/IN/EMS").data
    assert (ours["role"], ours["status"]) == ("EMSP", "OFFLINE")
    assert connected.call("PUT", "tokens/IN/EMS/U1/authorize").code == 2000
    assert connected.call("GET", "locations").code == 1000

    (well,) = connected.hub.admin.probe()

    assert well["healthy"]
    assert connected.call("PUT", "tokens/IN/EMS/U1/authorize").code == 1000


def test_pushes_can_be_doubled_and_overtake_each_other(connected: Connected) -> None:
    connected.hub.admin.change_settings(pushes={"copies_probability": 1.0, "in_order": False})
    connected.emsp.answers["/sessions"] = [(500, 3000)]
    for n in range(3):
        connected.hub.admin.push("sessions", session() | {"n": str(n)}, lane="one")
    connected.hub.admin.wait_idle()
    order = [body["n"] for body in connected.emsp.bodies("/sessions")]
    refused = order[-1]  # whichever came first; it comes again when all others have been
    assert sorted(order) == sorted(["0", "1", "2"] * 2 + [refused])
