"""What log lines tell: which object, what became of it, and no driver's token uid."""

import json
from typing import Any

import pytest

from emsp.hub.request import HubRequest
from emsp.invocation import InvalidInvocation, payload_of, read_payload
from emsp.log import log, new_invocation
from emsp.tokens.authorize_token import AuthorizationRequest
from tests.integration.house import House
from tests.integration.samples import cdr, path_of, session
from tests.integration.stored_commands import store_command


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' not in line]


RESULT = "/ocpi/2.2.1/commands/START_SESSION/known"


@pytest.mark.parametrize(
    ("push", "key", "outcome"),
    [
        (("PUT", path_of(session()), session()), {"object_key": "IN#CPO#S-1"}, "stored"),
        (("PATCH", path_of(session()), {"last_updated": "2020-01-01T00:00:00Z"}), {}, "refused"),
        (("PUT", path_of(session()), session(status=None)), {"object_key": "IN#CPO#S-1"}, "refused"),
        (("GET", path_of(session()), None), {"object_key": "IN#CPO#S-1"}, "refused"),
        (("POST", "/ocpi/2.2.1/cdrs", cdr()), {"object_key": "IN#CPO#C-1"}, "stored"),
        (("GET", "/ocpi/2.2.1/cdrs/IN/CPO/none", None), {"object_key": "IN#CPO#NONE"}, "refused"),
        (("POST", RESULT, {"result": "ACCEPTED"}), {"command_id": "known"}, "decided"),
        (("POST", RESULT, {"result": 5}), {"command_id": "known"}, "refused"),
    ],
)
def test_the_line_of_a_request_names_the_object_and_what_became_of_it(
    house: House,
    capsys: pytest.CaptureFixture[str],
    push: tuple[str, str, Any],
    key: dict[str, str],
    outcome: str,
) -> None:
    store_command("known")
    capsys.readouterr()
    house.call(*push)
    told = lines(capsys)
    [last] = [line for line in told if "outcome" in line]
    assert last["outcome"] == outcome
    assert key.items() <= last.items()
    assert 0 <= last["milliseconds"] < 10_000
    assert {line["correlation_id"] for line in told} == {"correlation-1"}


def test_a_push_with_nothing_new_says_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.call("PUT", path_of(session()), session(at="2026-11-22T10:05:00Z"))
    house.call("PUT", path_of(session()), session(at="2026-11-22T10:00:00Z"))
    assert [line["outcome"] for line in lines(capsys) if "outcome" in line] == ["stored", "nothing new"]


def test_debug_tells_more_than_info(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    log.setLevel("DEBUG")
    try:
        house.call("PUT", path_of(session()), session())
    finally:
        log.setLevel("INFO")
    [received] = [line for line in lines(capsys) if line["message"] == "received"]
    assert received["level"] == "DEBUG"
    assert received["body_bytes"] == len(json.dumps(session()))


def test_a_refused_payload_is_told_under_its_correlation_id_without_what_it_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new_invocation()
    payload = {"correlation_id": "tap-4711", "token_uid": "DRIVER-0001", "type": "DRIVER-0001", "evse": 1}
    with pytest.raises(InvalidInvocation):
        read_payload(AuthorizationRequest, payload_of(payload))
    [refused] = lines(capsys)
    assert (refused["correlation_id"], refused["outcome"]) == ("tap-4711", "refused")
    assert refused["problems"] == ["type enum", "evse extra_forbidden"]


@pytest.mark.parametrize(
    ("uid", "text", "told"),
    [
        ("DRIVER-0001", "/tokens/IN/EMS/DRIVER-0001/authorize", "/tokens/IN/EMS/…0001/authorize"),
        ("ab c/dé-0001", "/tokens/IN/EMS/ab%20c%2Fd%C3%A9-0001/authorize", "/tokens/IN/EMS/…0001/authorize"),
        ("DRIVER-0001", "Token DRIVER-0001 is unknown", "Token …0001 is unknown"),
        ("1", "/ocpi/2.2.1/tokens/IN/EMS/1/authorize", "/ocpi/2.2.…/tokens/IN/EMS/…/authorize"),
        ("42", "the Hub answered 4242", "the Hub answered 4242"),
        (None, "/ocpi/versions", "/ocpi/versions"),
    ],
)
def test_a_uid_is_masked_wherever_it_stands_by_itself(uid: str | None, text: str, told: str) -> None:
    assert HubRequest("PUT", "", token_uid=uid).without_uid(text) == told
