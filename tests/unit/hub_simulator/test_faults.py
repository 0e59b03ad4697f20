import http.client
import time

import pytest

from tests.hub_simulator.admin_client import AdminError
from tests.unit.hub_simulator.conftest import Connected


@pytest.mark.parametrize(
    ("kind", "fields", "status", "beginning"),
    [
        ("status", {"http_status": 503}, 503, b'{"status_code":3000'),
        ("status", {"http_status": 200, "status_code": 2003}, 200, b'{"status_code":2003'),
        ("status", {"http_status": 401, "status_code": 2002}, 401, b'{"status_code":2002'),
        ("html", {}, 502, b"<html>"),
        ("html", {"http_status": 200}, 200, b"<html>"),
        ("empty", {}, 200, b""),
        ("wrong_type", {}, 200, b'{"data":"no object","status_code":"1000"'),
        ("body", {"body": "hello"}, 200, b"hello"),
        ("not_enveloped", {}, 200, b'[{"country_code"'),
        ("rate_limited", {}, 429, b'{"status_code":2004'),
        ("rate_limited", {"http_status": 200}, 200, b'{"status_code":2004'),
        ("redirect", {"location": "http://elsewhere.example/"}, 302, b""),
    ],
)
def test_wrong_answers_strike_once_and_are_gone(
    connected: Connected, kind: str, fields: dict[str, object], status: int, beginning: bytes
) -> None:
    connected.hub.admin.add_fault(kind, module="locations", **fields)
    assert connected.call("GET", "tariffs").code == 1000
    struck = connected.call("GET", "locations")
    assert struck.status == status
    assert struck.raw.startswith(beginning)
    assert connected.call("GET", "locations").code == 1000
    assert [fault["struck"] for fault in connected.hub.admin.faults()] == [1]


def test_huge_and_cut_bodies(connected: Connected) -> None:
    connected.hub.admin.add_fault("huge", size_mb=3)
    assert len(connected.call("GET", "locations").raw) > 3 * 1024 * 1024
    connected.hub.admin.add_fault("cut_json")
    with pytest.raises(ValueError, match=r"Unterminated|delimiter|Expecting"):
        assert connected.call("GET", "locations").json
    connected.hub.admin.add_fault("truncated")
    with pytest.raises(http.client.IncompleteRead):
        connected.call("GET", "locations")


def test_a_dropped_connection_leaves_the_work_done_or_not(connected: Connected) -> None:
    for processed in (False, True):
        connected.hub.admin.add_fault("drop", processed=processed)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            connected.call("PUT", "credentials", connected.emsp.credentials())
        issued = connected.hub.admin.registrations()[0]["issued_tokens"]
        assert len(issued) == (3 if processed else 2)


@pytest.mark.parametrize("kind", ["slow", "delay"])
def test_slow_answers_are_true_ones(connected: Connected, kind: str) -> None:
    connected.hub.admin.add_fault(kind, delay_s=0.2)
    started = time.monotonic()
    assert connected.call("GET", "locations").code == 1000
    assert time.monotonic() - started >= 0.2


def test_headers_can_be_replaced_or_taken_away(connected: Connected) -> None:
    connected.hub.admin.add_fault("headers", headers={"link": None, "X-Total-Count": "7"})
    reply = connected.call("GET", "locations?limit=2")
    assert (reply.headers["x-total-count"], "link" in reply.headers) == ("7", False)


def test_faults_wait_repeat_and_choose(connected: Connected) -> None:
    connected.hub.admin.add_fault("status", module="locations", path="offset=2", skip=1, times=2)
    codes = [connected.call("GET", "locations?limit=2&offset=2").code for _ in range(4)]
    assert codes == [1000, 3000, 3000, 1000]
    connected.hub.admin.clear_faults()
    connected.hub.admin.add_fault("status", probability=0.5, times=None)
    codes = [connected.call("GET", "locations?limit=1").code for _ in range(60)]
    assert 10 < codes.count(3000) < 50
    connected.hub.admin.clear_faults()
    assert connected.call("GET", "locations").code == 1000


def test_what_was_seen_tells_the_fault(connected: Connected) -> None:
    fault = connected.hub.admin.add_fault("html")
    connected.call("GET", "tariffs")
    (record,) = connected.hub.admin.requests(module="tariffs")
    assert (record["fault"], record["http_status"], record["party"]) == (fault, 502, "IN*EMS")
    assert connected.hub.admin.counters()["by_module"]["tariffs"] == 1


@pytest.mark.parametrize("fields", [{"kind": "nonsense"}, {"kind": "html", "colour": "red"}])
def test_an_unknown_fault_is_an_error(connected: Connected, fields: dict[str, str]) -> None:
    with pytest.raises(AdminError):
        connected.hub.admin.add_fault(**fields)


def test_an_unknown_setting_is_an_error(connected: Connected) -> None:
    for wrong in ({"limits": {"windows": 1}}, {"limits": {"window_s": "1"}}, {"dialects": 1}):
        with pytest.raises(AdminError):
            connected.hub.admin.change_settings(**wrong)
