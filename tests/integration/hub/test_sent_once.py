"""What was sent once is sent once, also where TLS breaks: the Hub behind a TLS server with faults."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emsp.connection.connect_to_hub import connect_to_hub
from emsp.connection.exchange_credentials import InitialTokenSpent
from emsp.deadline import Deadline
from emsp.hub import timed_connections, transport
from emsp.hub.errors import HubError, MalformedAnswer, Unavailable
from emsp.ocpi.commands import CommandType
from emsp.ocpi.json_text import JsonObject
from emsp.tokens.authorize_token import AuthorizeToken
from tests.integration.commands.commands_as_sent import reserve, start
from tests.integration.emsp_side import ISSUER, Emsp
from tests.integration.tls_front import BEFORE_THE_REQUEST, Fault, TlsFront, tls_front

AFTER_THE_REQUEST = [each for each in Fault if each not in BEFORE_THE_REQUEST]
TRIES = 3


@pytest.fixture
def front(
    emsp: Emsp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[TlsFront]:
    """Registered over TLS; from then on its faults strike."""
    version = getattr(request, "param", ssl.TLSVersion.TLSv1_3)
    with tls_front(emsp.hub.url, tmp_path, version) as (running, trusting):
        monkeypatch.setattr(timed_connections, "trust", lambda: trusting)
        emsp.register(
            action="register", versions_url=f"{running.url}/ocpi/versions", token=emsp.hub.admin.invite()
        )
        client = connect_to_hub(emsp.settings)
        client._sleep = lambda seconds: None
        running.requests.clear()
        running.handshakes = 0
        yield running


def sent(front: TlsFront, method: str) -> int:
    return sum(each == method for each, _ in front.requests)


def payload(command: str, location: JsonObject) -> JsonObject:
    to: JsonObject = {name: location[name] for name in ("country_code", "party_id")}
    at_the_evse = {name: each for name, each in start(location).items() if name.endswith(("_id", "_uid"))}
    fields: dict[str, JsonObject] = {
        "START_SESSION": start(location),
        "RESERVE_NOW": reserve(location),
        "STOP_SESSION": {"session_id": "S-1"},
        "CANCEL_RESERVATION": {"reservation_id": "R-1"},
        "UNLOCK_CONNECTOR": {**at_the_evse, "connector_id": "1"},
    }
    return {**fields[command], "command": command, "to": to}


@pytest.mark.parametrize(
    "front", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"], indirect=True
)
@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_each_command_is_sent_once_whatever_breaks_after_it(
    emsp: Emsp, front: TlsFront, fault: Fault
) -> None:
    [location, *_] = emsp.hub.admin.objects("locations")
    front.fault, front.method = fault, "POST"
    for number, command in enumerate(CommandType, 1):
        told = emsp.send_command(**payload(command, location))
        assert (told["state"], told["result"]) == ("PENDING", None), "delivery is unknown"
        assert told["error"]
        assert sent(front, "POST") == number
    assert [each["command"] for each in emsp.hub.admin.commands()] == [*CommandType]


@pytest.mark.parametrize("fault", BEFORE_THE_REQUEST)
def test_a_command_without_a_handshake_is_tried_again_and_was_not_sent(
    emsp: Emsp, front: TlsFront, fault: Fault
) -> None:
    [location, *_] = emsp.hub.admin.objects("locations")
    front.fault = fault
    with pytest.raises(Unavailable, match="no connection"):
        emsp.send_command(**start(location))
    assert front.handshakes == TRIES
    front.fault = None
    assert emsp.send_command(**start(location))["state"] == "SENT"
    assert sent(front, "POST") == 1


def test_a_server_that_we_do_not_trust_gets_nothing(
    emsp: Emsp, front: TlsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    [location, *_] = emsp.hub.admin.objects("locations")
    monkeypatch.setattr(timed_connections, "trust", ssl.create_default_context)
    client = connect_to_hub(emsp.settings)
    client._transport = transport.Transport()
    with pytest.raises(Unavailable, match="no connection"):
        emsp.send_command_use_case(client)(start(location), Deadline.after(10))
    assert front.requests == []


@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_an_authorization_changes_nothing_so_it_is_asked_again(
    emsp: Emsp, front: TlsFront, fault: Fault
) -> None:
    """But not where the Hub had begun to answer with a status."""
    client = connect_to_hub(emsp.settings)
    ask = AuthorizeToken(client, emsp.locations, emsp.parties, emsp.tokens, ISSUER)
    front.fault, front.method = fault, "PUT"
    with pytest.raises((Unavailable, MalformedAnswer)):
        ask({"token_uid": "APP-1"}, Deadline.after(20))
    assert sent(front, "PUT") == (1 if fault is Fault.HALF_BODY else TRIES)
    front.fault = None
    assert ask({"token_uid": "APP-1"}, Deadline.after(20))["allowed"] == "ALLOWED"


@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_a_registration_is_posted_once_and_what_the_hub_took_lets_it_in(
    emsp: Emsp, front: TlsFront, fault: Fault
) -> None:
    front.fault, front.method = fault, "POST"
    asked = {"versions_url": f"{front.url}/ocpi/versions", "token": emsp.hub.admin.invite()}
    with pytest.raises(HubError):
        emsp.register(action="register", **asked)
    assert sent(front, "POST") == 1
    assert our_tokens_at_the_hub(emsp) <= set(let_in(emsp)), "the Hub would get 401"
    front.fault = None
    with pytest.raises(InitialTokenSpent):
        emsp.register(action="register", **asked)
    assert our_tokens_at_the_hub(emsp) <= set(let_in(emsp)), "the Hub would get 401"
    told = emsp.register(action="register", **asked | {"token": emsp.hub.admin.invite()})
    assert (told["pending"], sent(front, "POST")) == (None, 2)
    assert let_in(emsp)[emsp.hub.admin.registrations()[0]["received_tokens"][-1]] is None


def our_tokens_at_the_hub(emsp: Emsp) -> set[str]:
    [registration] = emsp.hub.admin.registrations()
    return set(registration["received_tokens"])


def let_in(emsp: Emsp) -> dict[str, Any]:
    return {f"sha256:{each.sha256[:16]}": each.not_after for each in emsp.inbound.read()}


@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_credentials_are_put_once_and_what_the_hub_took_lets_it_in(
    emsp: Emsp, front: TlsFront, fault: Fault
) -> None:
    """The Hub does not tell what it has: our token is good for the overlap, and the next rotation ends it."""
    front.fault, front.method = fault, "PUT"
    with pytest.raises(HubError):
        emsp.register(action="rotate")
    assert sent(front, "PUT") == 1
    assert our_tokens_at_the_hub(emsp) <= set(let_in(emsp)), "the Hub would get 401"
    front.fault = None
    assert emsp.register(action="rotate")["pending"] is None
    assert sent(front, "PUT") == 2
    assert our_tokens_at_the_hub(emsp) <= set(let_in(emsp))
    newest = emsp.hub.admin.registrations()[0]["received_tokens"][-1]
    assert let_in(emsp)[newest] is None


@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
def test_credentials_are_read_back_where_the_answer_was_lost(
    emsp: Emsp, front: TlsFront, fault: Fault
) -> None:
    emsp.hub.admin.change_settings(credentials={"get_tells_newest": True})
    before = emsp.credentials.read()
    front.fault, front.method = fault, "PUT"
    told = emsp.register(action="rotate")
    assert sent(front, "PUT") == 1
    assert told["pending"] is None
    assert "read back" in str(told["warnings"])
    after = emsp.credentials.read()
    assert after.token != before.token
    emsp.hub.admin.revoke_tokens("old")
    assert emsp.register(action="verify")["registered"] is True
    newest = emsp.hub.admin.registrations()[0]["received_tokens"][-1]
    assert let_in(emsp)[newest] is None


def test_a_token_that_the_hub_shows_but_does_not_know_is_not_taken(emsp: Emsp, front: TlsFront) -> None:
    emsp.hub.admin.change_settings(credentials={"changes": {"token": "********"}})
    before = emsp.credentials.read()
    front.fault, front.method = Fault.ALERT, "PUT"
    with pytest.raises(Unavailable, match="broke"):
        emsp.register(action="rotate")
    assert emsp.credentials.read().token == before.token
    assert our_tokens_at_the_hub(emsp) <= set(let_in(emsp))


@pytest.mark.parametrize("fault", BEFORE_THE_REQUEST)
def test_credentials_that_were_never_sent_are_withdrawn(emsp: Emsp, front: TlsFront, fault: Fault) -> None:
    before = emsp.inbound.read()
    front.fault = fault
    with pytest.raises(Unavailable, match="no connection"):
        emsp.register(action="rotate")
    assert emsp.inbound.read() == before
    assert sent(front, "PUT") == 0
