"""What the holder of a token that leaked can do before and after the operator acts: each kind of token, each
direction of an exchange.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens
from tests.inbound_tokens import live_token, store_tokens, stored_tokens
from tests.integration.connection.test_receive_credentials import (
    PATH,
    VersionsOfTheHub,
    credentials,
    invite,
    read,
    write,
)
from tests.integration.emsp_side import a_hub
from tests.integration.house import OUR_TOKEN, House
from tests.integration.http_server import serving
from tests.integration.lambda_context import Context
from tests.integration.samples import path_of, session

THIEFS_TOKEN = "token-of-the-thief"


@contextmanager
def being_served(served: VersionsOfTheHub) -> Iterator[VersionsOfTheHub]:
    def answer(path: str, authorization: str) -> tuple[int, bytes]:
        status, body = served.answer(path, authorization)
        return status, json.dumps(body).encode()

    with serving(answer) as served.url:
        yield served


@pytest.fixture
def hub() -> Iterator[VersionsOfTheHub]:
    with being_served(VersionsOfTheHub()) as served:
        yield served


@pytest.fixture(autouse=True)
def connected(house: House, hub: VersionsOfTheHub) -> Iterator[str]:
    """The Hub has registered by POST, with OUR_TOKEN, and got the token that this is."""
    house.context = Context(30)
    answer = house.call("POST", PATH, credentials(hub))
    house.app("receive_session").authentication.forget()
    yield str(answer.envelope["data"]["token"])
    write("hub", {})
    store_tokens(house.dynamodb, "control", [live_token(OUR_TOKEN)])
    house.app("receive_session").authentication.forget()


@pytest.fixture
def thief() -> Iterator[dict[str, Any]]:
    """Credentials of somebody whose versions can be read as a Hub's can."""
    with being_served(VersionsOfTheHub(accepted={THIEFS_TOKEN})) as served:
        served.url = served.url.replace("127.0.0.1", "localhost")
        yield credentials(served, token=THIEFS_TOKEN)


def register(house: House, **payload: Any) -> dict[str, Any]:
    told: dict[str, Any] = house.app("register").handler(payload, Context(30))
    return told


def may_only_push_and_read(house: House, token: str, thiefs: dict[str, Any]) -> None:
    before = read("hub")
    for method, body in (("PUT", thiefs), ("POST", thiefs), ("DELETE", None)):
        answer = house.call(method, PATH, body, token=token)
        assert (answer.http_status, answer.status_code) == (403, 2002), method
    assert read("hub") == before
    pushed = session("PUSHED")
    assert house.call("PUT", path_of(pushed), pushed, token=token).status_code == 1000
    assert house.call("GET", path_of(pushed), token=token).status_code == 1000
    assert house.call("GET", "/ocpi/versions", token=token).status_code == 1000


def test_the_thief_is_out_as_soon_as_the_operator_has_registered_anew(
    house: House, connected: str, thief: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The report's own case: PUT by the thief, registration by the operator, PUT by the thief again."""
    moved = house.call("PUT", PATH, thief, token=connected)
    assert moved.status_code == 1000
    assert '"HubMoved":[1.0]' in capsys.readouterr().out, "the operator is told"
    thiefs_own = str(moved.envelope["data"]["token"])
    with a_hub() as real:
        told = register(house, action="register", versions_url=real.versions_url, token=real.admin.invite())
        assert read("hub")["versions_url"] == real.versions_url
        for token in (connected, thiefs_own):
            may_only_push_and_read(house, token, thief)
        kinds = {each["token_id"]: each["kind"] for each in told["inbound_tokens"]}
        assert sorted(kinds.values()) == ["LIVE", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"]
        revoked = register(house, action="revoke", all_but_current=True)
        assert sorted(revoked["revoked"]) == sorted(each for each in kinds if kinds[each] != "LIVE")
        [left] = revoked["inbound_tokens"]
        assert (left["kind"], left["not_after"]) == ("LIVE", None)
        for token in (connected, thiefs_own, OUR_TOKEN):
            assert house.call("GET", PATH, token=token).http_status == 401, "at once, at /credentials"


def test_a_revoked_token_pushes_nothing_more(house: House, connected: str) -> None:
    """In a Lambda that has no copy; one that has, within CACHE_SECONDS (test_authentication.py)."""
    [ours] = [each for each in register(house, action="status")["inbound_tokens"] if not each["not_after"]]
    told = register(house, action="revoke", token_id=ours["token_id"])
    assert told["revoked"] == [ours["token_id"]]
    house.app("receive_session").authentication.forget()
    assert house.call("PUT", path_of(session()), session(), token=connected).http_status == 401
    assert house.call("PUT", path_of(session()), session()).status_code == 1000, "the others stay"


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"action": "revoke"}, "token_id"),
        ({"action": "revoke", "all_but_current": False}, "token_id"),
        ({"action": "revoke", "all_but_current": True, "token_id": "a"}, "token_id"),
        ({"action": "rotate", "token_id": "a"}, "token_id"),
        ({"action": "status", "all_but_current": True}, "token_id"),
        ({"action": "revoke", "token_id": "unheard-of"}, "status lists"),
    ],
)
def test_what_is_to_be_revoked_must_be_named(house: House, payload: dict[str, Any], named: str) -> None:
    before = stored_tokens(house.dynamodb, "control")
    with pytest.raises(InvalidInvocation, match=named):
        register(house, **payload)
    assert stored_tokens(house.dynamodb, "control") == before


def test_all_others_are_not_revoked_while_the_hub_may_hold_one_of_them(house: House, connected: str) -> None:
    known = read("hub")
    write(
        "hub",
        known | {"pending": {"action": "rotate", "versions_url": "", "our_token": "t", "started_at": ""}},
    )
    with pytest.raises(InvalidInvocation, match="under way"):
        register(house, action="revoke", all_but_current=True)
    assert house.call("GET", PATH, token=connected).status_code == 1000


class CrashAt:
    """Kills the Lambda at its n-th step; steps are the moments before and after each write."""

    def __init__(self, patch: pytest.MonkeyPatch, step: int) -> None:
        self.step, self.passed = step, 0
        for owner, name in ((HubCredentialsStore, "write"), (InboundTokens, "change")):
            patch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any) -> None:
            self._pass()
            original(*args)
            self._pass()

        return wrapper

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self.step:
            raise Killed


class Killed(BaseException):
    """The Lambda is killed."""


@pytest.mark.parametrize("step", range(1, 6))
def test_an_exchange_that_the_hub_begins_can_be_repeated_after_a_crash_at_every_step(
    house: House,
    hub: VersionsOfTheHub,
    method_and_token: tuple[str, str],
    step: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last one is a crash after the last write: our answer is lost."""
    method, token = method_and_token
    hub.accepted.add("hub-token-2")
    sent = credentials(hub, token="hub-token-2")
    with monkeypatch.context() as patch:
        crash = CrashAt(patch, step)
        try:
            house.call(method, PATH, sent, token=token)
        except Killed:
            pass
        else:
            assert (step, crash.passed) == (5, 4)
    again = house.call(method, PATH, sent, token=token)
    assert again.status_code == 1000
    newest = str(again.envelope["data"]["token"])
    assert read("hub")["token"] == "hub-token-2"
    assert house.call("GET", PATH, token=newest).status_code == 1000
    kinds = [each["kind"] for each in stored_tokens(house.dynamodb, "control")]
    assert kinds.count("LIVE") == 1


def test_revoking_ends_an_invitation(house: House, connected: str, thief: dict[str, Any]) -> None:
    token = invite(house)
    register(house, action="revoke", all_but_current=True)
    assert house.call("POST", PATH, thief, token=token).http_status == 401
    assert house.call("GET", PATH, token=connected).status_code == 1000


def test_a_token_that_the_hub_itself_has_rotated_is_superseded(
    house: House,
    connected: str,
    hub: VersionsOfTheHub,
    thief: dict[str, Any],
) -> None:
    hub.accepted.add("hub-token-2")
    newest = house.call("PUT", PATH, credentials(hub, token="hub-token-2"), token=connected)
    may_only_push_and_read(house, connected, thief)
    assert house.call("GET", PATH, token=newest.envelope["data"]["token"]).status_code == 1000


def test_an_answer_that_was_lost_can_be_asked_for_again_until_the_next_exchange(
    house: House,
    connected: str,
    hub: VersionsOfTheHub,
) -> None:
    hub.accepted |= {"hub-token-2", "hub-token-3"}
    sent = credentials(hub, token="hub-token-2")
    house.call("PUT", PATH, sent, token=connected)
    again = house.call("PUT", PATH, sent, token=connected)
    assert again.status_code == 1000
    third = house.call(
        "PUT", PATH, credentials(hub, token="hub-token-3"), token=again.envelope["data"]["token"]
    )
    assert third.status_code == 1000
    assert house.call("PUT", PATH, sent, token=connected).http_status == 403
    assert read("hub")["token"] == "hub-token-3"


def test_a_crash_between_the_two_writes_of_an_exchange_locks_nobody_out(
    house: House,
    connected: str,
    hub: VersionsOfTheHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.accepted.add("hub-token-2")
    sent = credentials(hub, token="hub-token-2")

    def killed(*_: Any) -> None:
        raise RuntimeError("the Lambda ended here")

    with monkeypatch.context() as patch:
        patch.setattr(HubCredentialsStore, "write", killed)
        assert house.call("PUT", PATH, sent, token=connected).http_status == 500
    again = house.call("PUT", PATH, sent, token=connected)
    assert again.status_code == 1000
    assert read("hub")["token"] == "hub-token-2"
    assert house.call("GET", PATH, token=again.envelope["data"]["token"]).status_code == 1000


def test_an_invitation_takes_one_exchange(
    house: House,
    hub: VersionsOfTheHub,
    thief: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = invite(house)
    hub.accepted.add("by-invitation")
    sent = credentials(hub, token="by-invitation")
    assert house.call("POST", PATH, sent, token=token).status_code == 1000
    assert house.call("POST", PATH, thief, token=token).http_status == 403
    assert house.call("POST", PATH, sent, token=token).status_code == 1000, "the answer may have been lost"
    hub.accepted.add("hub-token-2")
    newest = house.call("POST", PATH, sent, token=token).envelope["data"]["token"]
    house.call("PUT", PATH, credentials(hub, token="hub-token-2"), token=newest)
    assert house.call("POST", PATH, sent, token=token).http_status == 401, "the next exchange ends it"
    capsys.readouterr()
    assert house.call("POST", PATH, thief, token=invite(house)).status_code == 1000
    assert '"HubMoved":[1.0]' in capsys.readouterr().out, "a move by POST is told as well"


@pytest.fixture(params=["PUT", "POST"])
def method_and_token(request: pytest.FixtureRequest, house: House, connected: str) -> tuple[str, str]:
    """How a Hub that has a live token, or an invitation, begins an exchange."""
    return request.param, connected if request.param == "PUT" else invite(house)


def test_of_two_exchanges_at_once_with_one_token_one_is_taken(
    house: House,
    hub: VersionsOfTheHub,
    thief: dict[str, Any],
    method_and_token: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method, token = method_and_token
    inbound = house.app("credentials").credentials.inbound
    change = inbound.change
    hub.accepted.add("hub-token-2")

    def after_the_hubs(to: Callable[..., Any]) -> None:
        monkeypatch.setattr(inbound, "change", change)
        sent = credentials(hub, token="hub-token-2")
        assert house.call(method, PATH, sent, token=token).status_code == 1000
        change(to)

    monkeypatch.setattr(inbound, "change", after_the_hubs)
    assert house.call(method, PATH, thief, token=token).http_status == 403
    assert read("hub")["token"] == "hub-token-2"
