"""What was refused is kept once, counted, and can be run through today's rules again."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from emsp.receiver.request import Request
from tests.integration.house import House
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr, path_of, session
from tests.integration.stored_commands import store_command


def replay(house: House, payload: dict[str, Any], milliseconds: int = 600_000) -> dict[str, Any]:
    result: dict[str, Any] = house.app("replay_rejected").handler(payload, Context(milliseconds / 1000))
    return result


def reject_some(house: House) -> None:
    house.call("PUT", path_of(session()), session(status=None))
    house.call("PUT", path_of(session("S-2")), raw=b"\xff\x00 no JSON", base64_body=True)
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr(currency=None))
    house.call("POST", "/ocpi/2.2.1/commands/START_SESSION/never-sent", {"result": "ACCEPTED"})


def test_what_still_fails_stays(house: House) -> None:
    reject_some(house)
    before = {kept["key"]: kept for kept in house.rejected()}
    assert len(before) == 4
    result = replay(house, {"all": True})
    assert (result["accepted"], result["rejected"], result["failed"]) == (0, 4, 0)
    assert result["complete"] is True
    assert {each["key"] for each in result["outcomes"]} == set(before)
    assert all(each["reason"] for each in result["outcomes"])
    assert {kept["key"]: kept for kept in house.rejected()} == before


def test_what_today_s_rules_accept_leaves(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reject_some(house)
    key = next(kept["key"] for kept in house.rejected() if kept["module"] == "sessions" and "body" in kept)
    monkeypatch.setattr(Request, "json_object", lambda request: session(status="ACTIVE"))
    result = replay(house, {"key": key})
    assert result["outcomes"] == [
        {"key": key, "outcome": "accepted", "reason": "", "object_id": "IN*CPO*S-1"}
    ]
    assert house.item("sessions", "IN#CPO#S-1") is not None
    assert key not in [kept["key"] for kept in house.rejected()]
    assert len(house.rejected()) == 3


def test_a_command_result_that_came_before_its_record(house: House) -> None:
    path = "/ocpi/2.2.1/commands/START_SESSION/early-1"
    assert house.call("POST", path, {"result": "ACCEPTED"}).http_status == 404
    [kept] = house.rejected()
    store_command("early-1")
    assert replay(house, {"key": kept["key"]})["accepted"] == 1
    item = house.item("commands", "early-1")
    assert item is not None
    assert item["state"]["S"] == "ACCEPTED"
    assert house.rejected() == []


def test_a_replay_speaks_for_no_more_parties_than_the_sender_did(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    authentication = house.app("receive_session").authentication
    authentication.forget()  # otherwise the cached tokens could expire before the PUT
    house.call("GET", path_of(session()))
    [token] = authentication._cache._tokens
    limited = type(token)(token.sha256, token.issued_at, None, ("IN*XYZ",))
    monkeypatch.setattr(authentication._cache, "_tokens", (limited,))
    assert house.call("PUT", path_of(session()), session()).status_code == 2001
    assert replay(house, {"all": True})["rejected"] == 1
    assert house.items("sessions") == []


def test_one_module_or_one_key_or_all(house: House) -> None:
    reject_some(house)
    assert {each["key"].split("/")[0] for each in replay(house, {"module": "cdrs"})["outcomes"]} == {"cdrs"}
    assert replay(house, {"key": "cdrs/none.json"})["failed"] == 1
    for nonsense in ({}, {"module": "tokens"}, {"all": False}, {"key": ""}):
        with pytest.raises(InvalidInvocation, match=r"give|module must be one of"):
            replay(house, nonsense)


def test_it_stops_before_its_time_is_up(house: House) -> None:
    reject_some(house)
    result = replay(house, {"all": True}, milliseconds=1)
    assert result["complete"] is False
    assert result["outcomes"] == []
    assert result["next"] is None


def test_what_is_rejected_again_and_again_hides_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reject_some(house)
    everything = [each["key"] for each in replay(house, {"all": True})["outcomes"]]
    monkeypatch.setattr(house.app("replay_rejected"), "OUTCOMES_AT_MOST", 1)
    seen, page = [], replay(house, {"all": True})
    while True:
        seen += [each["key"] for each in page["outcomes"]]
        if page["complete"]:
            break
        assert len(seen) <= len(everything)
        page = replay(house, {"all": True, "next": page["next"]})
    assert seen == everything
    assert len(seen) > 2
    assert replay(house, {"all": True, "next": seen[0]}, milliseconds=1)["next"] == seen[0]


def test_tries_are_counted_under_concurrency(house: House) -> None:
    with ThreadPoolExecutor(4) as senders:
        codes = list(senders.map(lambda _: house.call("POST", "/ocpi/2.2.1/cdrs", {}).status_code, range(8)))
    assert codes == [2001] * 8
    [kept] = house.rejected()
    assert 1 <= kept["tries"] <= 8
    assert kept["request_id"] == "request-1"
    assert kept["first_received_at"] <= kept["last_received_at"]


def test_bytes_that_are_no_text_are_kept_byte_for_byte(house: House) -> None:
    house.call("PUT", path_of(session()), raw=b"\xff\x00\xfe", base64_body=True)
    [kept] = house.rejected()
    assert kept["body_base64"] == "/wD+"


def test_each_rejection_is_counted_as_a_metric(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    reject_some(house)
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert sum(sum(metric.get("RejectedPushes", [])) for metric in metrics) == 4
    directive = next(metric for metric in metrics if "RejectedPushes" in metric)["_aws"]["CloudWatchMetrics"][
        0
    ]
    assert directive["Namespace"] == "emsp"
    assert ["service"] in directive["Dimensions"]
