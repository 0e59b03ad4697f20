"""START_SESSION and RESERVE_NOW with the tokens that the Hub's guide shows: the rest is known to us."""

from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.commands.idempotency_key import IdempotencyKeyReused
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import Deadline
from emsp.invocation import InvalidInvocation
from emsp.ocpi.commands import StartSession
from emsp.ocpi.deviations import deviations
from emsp.ocpi.json_text import JsonObject
from emsp.tokens.authorize_token import AuthorizeToken
from tests.integration.commands.commands_as_sent import reserve, start, token
from tests.integration.emsp_side import ISSUER, Emsp

GUIDE = {"uid": "APP-7", "type": "APP_USER", "contract_id": "IN-EMS-C7"}


def authorize(emsp: Emsp, **payload: Any) -> JsonObject:
    hub = connect_to_hub(emsp.settings)
    use_case = AuthorizeToken(hub, emsp.locations, emsp.parties, emsp.tokens, ISSUER)
    return use_case(payload, Deadline.after(20))


def by_uid(location: dict[str, Any], uid: str, **changes: Any) -> dict[str, Any]:
    payload = start(location, token_uid=uid, **changes)
    del payload["token"]
    return payload


def sent(emsp: Emsp) -> dict[str, Any]:
    body: dict[str, Any] = emsp.hub.admin.commands()[-1]["body"]
    return body


def test_the_guides_token_is_sent_whole(emsp: Emsp, location: dict[str, Any]) -> None:
    told = emsp.send_command(**start(location, token=GUIDE))
    assert told["state"] == "SENT"
    assert deviations(StartSession, sent(emsp)) == []
    assert sent(emsp)["token"].items() >= {**GUIDE, "issuer": "Bijli Drive", "party_id": "EMS"}.items()
    assert emsp.commands.get(str(told["command_id"])).token_key == "IN#EMS#APP-7"


def test_a_uid_alone_is_what_its_authorization_said_of_it(emsp: Emsp, location: dict[str, Any]) -> None:
    authorized = authorize(emsp, token_uid="APP-7", location_id=location["id"])
    assert emsp.send_command(**by_uid(location, "APP-7"))["state"] == "SENT"
    assert sent(emsp)["token"] == authorized["token"]
    emsp.hub.admin.add_command_behaviour(callback=False)
    payload = reserve(location, token={"uid": "app-7"})
    assert emsp.send_command(**payload)["state"] == "SENT"
    assert sent(emsp)["token"]["contract_id"] == "IN-EMS-CAPP-7"


def test_the_token_of_an_authorization_is_taken_as_it_is(emsp: Emsp, location: dict[str, Any]) -> None:
    authorized = authorize(emsp, token_uid="APP-7")
    emsp.send_command(**start(location, token=authorized["token"]))
    assert sent(emsp)["token"] == authorized["token"]


def test_a_token_that_nobody_told_of_is_refused_with_an_advice_that_helps(
    emsp: Emsp, location: dict[str, Any]
) -> None:
    payload = by_uid(location, "APP-7")
    with pytest.raises(InvalidInvocation, match=r"type and contract_id is not known.*authorize_token"):
        emsp.send_command(**payload)
    assert emsp.hub.admin.commands() == []
    authorize(emsp, token_uid="APP-7")
    assert emsp.send_command(**payload)["state"] == "SENT"


def test_what_the_caller_says_of_the_token_counts(emsp: Emsp, location: dict[str, Any]) -> None:
    authorize(emsp, token_uid="APP-7")
    emsp.send_command(**start(location, token={**GUIDE, "contract_id": "OTHER", "issuer": "A brand"}))
    assert sent(emsp)["token"].items() >= {"contract_id": "OTHER", "issuer": "A brand"}.items()


def test_a_whole_token_is_sent_as_it_is(emsp: Emsp, location: dict[str, Any]) -> None:
    whole = token(uid="APP-7", last_updated="2026-01-01T00:00:00.5Z")
    emsp.send_command(**start(location, token=whole))
    assert sent(emsp)["token"] == whole


def test_a_double_tap_is_one_command_whatever_was_completed(emsp: Emsp, location: dict[str, Any]) -> None:
    """What is completed says when: it may not make the second tap another command."""
    payload = start(location, token=GUIDE, idempotency_key="tap-9")
    use_case = emsp.send_command_use_case()
    first = use_case(payload, Deadline.after(20))
    later = datetime.now(UTC) + timedelta(minutes=1)
    second = replace(use_case, now=lambda: later)(payload, Deadline.after(20))
    assert second["command_id"] == first["command_id"]
    with pytest.raises(IdempotencyKeyReused):
        use_case(
            start(location, token={**GUIDE, "uid": "APP-8"}, idempotency_key="tap-9"), Deadline.after(20)
        )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"token_uid": "APP-7"}, "give either token_uid or token"),
        ({"token": {"uid": "APP-7", "party_id": "ABC"}}, "belongs to IN.ABC"),
        ({"token": {"contract_id": "C"}}, "token.uid is missing"),
        ({"token": "APP-7"}, "token must be an object"),
        ({"command": "STOP_SESSION", "token_uid": "APP-7"}, "unknown field"),
    ],
)
def test_what_can_not_be(emsp: Emsp, location: dict[str, Any], changes: dict[str, Any], told: str) -> None:
    authorize(emsp, token_uid="APP-7", type="RFID")
    with pytest.raises(InvalidInvocation, match=told):
        emsp.send_command(**start(location, **changes))
    assert emsp.hub.admin.commands() == []
