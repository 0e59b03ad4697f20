"""Each call that we make in real time, or for the operator, bears any number in the Hub's answer."""

import json

import pytest

from emsp.connection.check_hub import CheckHub
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.invocation import answer
from emsp.tokens.authorize_token import AuthorizeToken
from tests.integration.commands.commands_as_sent import start
from tests.integration.connection.test_check_hub import Bus
from tests.integration.emsp_side import ISSUER, Emsp
from tests.integration.hub.any_number import each_number


def test_what_a_driver_waits_for(used_emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> None:
    emsp = used_emsp
    location = emsp.hub.admin.objects("locations")[0]

    def client() -> HubClient:
        connected = connect_to_hub(emsp.settings)
        connected._sleep = lambda _: None
        return connected

    def authorize() -> None:
        authorize_token = AuthorizeToken(client(), emsp.locations, emsp.parties, emsp.tokens, ISSUER)
        asked = {"token_uid": "APP-1", "location_id": location["id"]}
        json.dumps(answer(authorize_token(asked, Deadline.after(5))))

    def send() -> None:
        emsp.hub.admin.add_command_behaviour(callback=False)
        json.dumps(answer(emsp.send_command_use_case(client())(start(location), Deadline.after(5))))

    assert each_number(authorize, monkeypatch) > 15
    assert each_number(send, monkeypatch) > 8


def test_what_the_clock_and_the_operator_ask(used_emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> None:
    emsp = used_emsp

    def check() -> None:
        client = connect_to_hub(emsp.settings)
        client._sleep = lambda _: None
        CheckHub(client, emsp.parties, Bus())(Deadline.after(5))  # type: ignore[arg-type]

    def verify() -> None:
        emsp.register(action="verify")

    assert each_number(check, monkeypatch) > 18
    assert each_number(verify, monkeypatch) > 15
