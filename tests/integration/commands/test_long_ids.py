"""Commands and authorizations take ids that are longer than OCPI's."""

import json
from contextlib import suppress
from typing import Any

import pytest

from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.errors import NotFound, Refused
from emsp.invocation import InvalidInvocation
from emsp.tokens.authorize_token import AuthorizeToken
from tests.integration.emsp_side import ISSUER, Emsp
from tests.integration.test_long_ids import LENGTHS, id_of


@pytest.fixture
def emsp(used_emsp: Emsp) -> Emsp:
    return used_emsp


@pytest.mark.parametrize("length", LENGTHS)
def test_every_command_and_authorization_takes_long_ids(emsp: Emsp, length: int) -> None:
    to = {"country_code": "IN", "party_id": emsp.hub.admin.objects("locations")[0]["party_id"]}
    place = {"location_id": id_of("L", length), "evse_uid": id_of("E", length)}
    token: dict[str, Any] = {"uid": id_of("T", length), "type": "APP_USER", "contract_id": id_of("C", length)}
    reference = id_of("A", length)
    commands: list[dict[str, Any]] = [
        {"command": "START_SESSION", "token": token, **place, "connector_id": id_of("P", length),
         "authorization_reference": reference},
        {"command": "RESERVE_NOW", "token": token, **place, "authorization_reference": reference,
         "reservation_id": id_of("R", length), "expiry_date": "2099-01-01T00:00:00Z"},
        {"command": "CANCEL_RESERVATION", "reservation_id": id_of("R", length)},
        {"command": "STOP_SESSION", "session_id": id_of("S", length)},
        {"command": "UNLOCK_CONNECTOR", **place, "connector_id": id_of("P", length)},
    ]  # fmt: skip
    emsp.hub.admin.forget_requests()
    for command in commands:
        with suppress(NotFound):  # the Hub has no such location: it was asked
            emsp.send_command(**command, to=to)
    bodies = [each["body"] for each in emsp.hub.admin.requests(module="commands")]
    for command, body in zip(commands, bodies, strict=True):
        sent = json.loads(body) if isinstance(body, str) else body
        for name, value in command.items():
            if name not in ("command", "token", "expiry_date"):
                assert sent[name] == value
    ask = AuthorizeToken(connect_to_hub(emsp.settings), emsp.locations, emsp.parties, emsp.tokens, ISSUER)
    where: Any = {"location_id": place["location_id"], "evse_uids": [place["evse_uid"]], "to": to}
    with suppress(NotFound, Refused):  # the Hub judges the uid by itself
        ask({**where, "token": dict(token)}, Deadline.after(20))
    [asked] = emsp.hub.admin.requests(module="authorize")
    assert asked["body"] == {"location_id": place["location_id"], "evse_uids": [place["evse_uid"]]}


@pytest.mark.parametrize("name", ["session_id", "reservation_id", "location_id", "token_uid"])
def test_no_id_is_longer_than_those_that_are_accepted(emsp: Emsp, name: str) -> None:
    commands: dict[str, dict[str, Any]] = {
        "session_id": {"command": "STOP_SESSION"},
        "reservation_id": {"command": "CANCEL_RESERVATION"},
        "location_id": {
            "command": "START_SESSION",
            "token": {"uid": "T", "type": "APP_USER", "contract_id": "C"},
        },
        "token_uid": {"command": "START_SESSION", "location_id": "L"},
    }
    command = commands[name]
    with pytest.raises(InvalidInvocation, match=f"{name}.* has more than"):
        emsp.send_command(**command, **{name: "7" * 301})
