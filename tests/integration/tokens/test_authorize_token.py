"""authorize_token against the simulated Hub."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.errors import MalformedAnswer, NotFound, NotRouted, Refused
from emsp.invocation import InvalidInvocation
from emsp.ocpi.deviations import deviations
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.tokens import Token
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.parties import PartyState
from emsp.stores.table import StoreUnavailable
from emsp.tokens.authorize_token import AuthorizeToken
from tests.integration.emsp_side import ISSUER, OURS, Emsp


@pytest.fixture
def emsp(used_emsp: Emsp) -> Emsp:
    return used_emsp


def authorize(emsp: Emsp, **payload: Any) -> JsonObject:
    use_case = AuthorizeToken(
        connect_to_hub(emsp.settings), emsp.locations, emsp.parties, emsp.tokens, ISSUER
    )
    return use_case(payload, Deadline.after(20))


@pytest.mark.parametrize("allowed", ["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED", "UNKNOWN"])
def test_every_answer_is_passed_on(emsp: Emsp, allowed: str) -> None:
    told = authorize(emsp, token_uid=f"{allowed}-1", correlation_id="tap-1")
    assert told["allowed"] == allowed
    assert told["correlation_id"] == "tap-1"
    assert bool(told.get("authorization_reference")) == (allowed == "ALLOWED")
    [request] = emsp.hub.admin.requests(module="authorize")
    assert request["headers"]["x-request-id"] == told["request_id"]
    assert request["headers"]["x-correlation-id"] == "tap-1"
    assert request["path"] == f"/ocpi/2.2.1/tokens/IN/EMS/{allowed}-1/authorize"
    assert request["method"] == "PUT"


def test_location_and_receiver_are_sent(emsp: Emsp) -> None:
    [location, *_] = emsp.hub.admin.objects("locations")
    evse = location["evses"][0]["uid"]
    told = authorize(
        emsp,
        token_uid="APP-1",
        type="APP_USER",
        location_id=location["id"],
        evse_uids=[evse],
        to={"country_code": location["country_code"], "party_id": location["party_id"].lower()},
    )
    assert told["location"] == {"location_id": location["id"], "evse_uids": [evse]}
    [request] = emsp.hub.admin.requests(module="authorize")
    assert request["headers"]["ocpi-to-party-id"] == location["party_id"]
    assert request["headers"]["ocpi-from-party-id"] == "EMS"
    assert request["path"].endswith("?type=APP_USER")


def test_a_uid_stays_one_segment_of_the_path(emsp: Emsp) -> None:
    authorize(emsp, token_uid="a/../b c?d")
    [request] = emsp.hub.admin.requests(module="authorize")
    assert request["path"] == "/ocpi/2.2.1/tokens/IN/EMS/a%2F..%2Fb%20c%3Fd/authorize"


def test_the_receiver_is_looked_up_when_exactly_one_has_the_location(emsp: Emsp) -> None:
    from emsp.stores.aws import dynamodb_client

    [location, *_] = emsp.hub.admin.objects("locations")

    def put(party: str) -> None:
        key = f"IN#{party}#{location['id']}".upper()
        item = {"object_key": {"S": key}, "object_id": {"S": location["id"].upper()}}
        dynamodb_client().put_item(TableName="locations", Item=item)

    put(location["party_id"])
    authorize(emsp, token_uid="APP-1", location_id=location["id"])
    assert (
        emsp.hub.admin.requests(module="authorize")[-1]["headers"]["ocpi-to-party-id"] == location["party_id"]
    )
    put("ZZZ")
    authorize(emsp, token_uid="APP-1", location_id=location["id"])
    assert "ocpi-to-party-id" not in emsp.hub.admin.requests(module="authorize")[-1]["headers"]


def test_an_unknown_token_is_not_found(emsp: Emsp) -> None:
    with pytest.raises(NotFound, match="X-Request-ID"):
        authorize(emsp, token_uid="MISSING-1")


def test_no_error_text_quotes_the_uid_that_the_hub_wrote(emsp: Emsp) -> None:
    """Lambda logs the text of an error that nobody handles."""
    emsp.hub.admin.add_fault(
        "status", module="authorize", http_status=200, status_code=2001, status_message="DRIVER-0001 is odd"
    )
    with pytest.raises(Refused, match=r"…0001 is odd.*X-Request-ID") as raised:
        authorize(emsp, token_uid="DRIVER-0001")
    assert "DRIVER-0001" not in f"{raised.value}{raised.value!r}"


def test_a_party_without_a_routing_rule(emsp: Emsp) -> None:
    with pytest.raises(NotRouted, match="routing rule"):
        authorize(emsp, token_uid="APP-1", to={"country_code": "IN", "party_id": "NOP"})


def test_what_is_known_of_an_offline_party_is_told(emsp: Emsp) -> None:
    [location, *_] = emsp.hub.admin.objects("locations")
    cpo = {"country_code": "IN", "party_id": location["party_id"]}
    emsp.hub.admin.set_party("IN", location["party_id"], "OFFLINE")
    emsp.parties.save(PartyState(f"IN*{location['party_id']}", "CPO", "OFFLINE", ""), datetime.now(UTC))
    told = authorize(emsp, token_uid="APP-1", to=cpo)
    assert (told["allowed"], told["cpo_status"]) == ("UNKNOWN", "OFFLINE")
    emsp.hub.admin.add_fault("status", module="authorize", status_code=4003, http_status=200)
    with pytest.raises(Exception, match=r"last reported IN.* as OFFLINE"):
        authorize(emsp, token_uid="APP-1", to=cpo)


def test_ocpis_own_method_is_used_where_the_hub_does_not_take_put(emsp: Emsp) -> None:
    emsp.hub.admin.add_fault("status", module="authorize", method="PUT", status_code=2000, http_status=405)
    emsp.hub.admin.add_fault(
        "body",
        module="authorize",
        method="POST",
        body='{"data": {"allowed": "ALLOWED"}, "status_code": 1000}',
    )
    assert authorize(emsp, token_uid="APP-1", type="RFID")["allowed"] == "ALLOWED"
    request = emsp.hub.admin.requests(module="authorize")[-1]
    assert (request["method"], request["path"]) == ("POST", "/ocpi/2.2.1/tokens/APP-1/authorize?type=RFID")


@pytest.mark.parametrize(
    "fault", [{"kind": "body", "body": '{"data": {}, "status_code": 1000}'}, {"kind": "wrong_type"}]
)
def test_data_that_is_no_authorization_info(emsp: Emsp, fault: dict[str, str]) -> None:
    emsp.hub.admin.add_fault(module="authorize", **fault)
    with pytest.raises(MalformedAnswer, match="allowed"):
        authorize(emsp, token_uid="APP-1")


def test_the_token_may_come_in_every_form_that_a_command_takes(emsp: Emsp) -> None:
    authorize(emsp, token={"uid": "APP-1", "type": "RFID", "contract_id": "C-1"})
    authorize(emsp, token_uid="APP-1", type="RFID")
    first, second = emsp.hub.admin.requests(module="authorize")
    assert first["path"] == second["path"] == "/ocpi/2.2.1/tokens/IN/EMS/APP-1/authorize?type=RFID"


@pytest.mark.parametrize(
    "answered",
    [
        None,
        {},
        "APP-1",
        {"uid": "APP-1", "last_updated": "yesterday", "issuer": None},
        {"country_code": "DE", "party_id": "XYZ", "uid": "APP-1"},
    ],
)
def test_the_token_of_the_answer_is_one_that_a_command_takes(emsp: Emsp, answered: Any) -> None:
    """Whatever the Hub's answer says of it: what is of no use there comes from the request and from us."""
    data = {"allowed": "allowed"} | ({} if answered is None else {"token": answered})
    emsp.hub.admin.add_fault("body", module="authorize", body=json.dumps({"data": data, "status_code": 1000}))
    told = authorize(emsp, token={"uid": "APP-1", "type": "RFID", "contract_id": "C-1"})
    assert told["allowed"] == "ALLOWED"
    token = told["token"]
    assert deviations(Token, token) == []
    assert isinstance(token, dict)
    assert (token["country_code"], token["party_id"], token["issuer"]) == ("IN", "EMS", "Bijli Drive")
    assert (token["type"], token["contract_id"]) == ("RFID", "C-1")


def test_what_an_authorization_told_is_kept_only_where_it_allowed(emsp: Emsp) -> None:
    now = datetime.now(UTC)
    allowed, blocked = (authorize(emsp, token_uid=uid)["token"] for uid in ("APP-1", "BLOCKED-1"))
    assert emsp.tokens.read(OURS, "app-1", now) == allowed
    assert emsp.tokens.read(OURS, "BLOCKED-1", now) == {}
    assert blocked
    assert emsp.tokens.read(OURS, "APP-1", now + timedelta(days=8)) == {}


def test_a_store_that_fails_keeps_no_driver_waiting(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(*_: object) -> None:
        raise StoreUnavailable("the table is gone")

    monkeypatch.setattr(AuthorizedTokens, "keep", keep)
    assert authorize(emsp, token_uid="APP-1")["allowed"] == "ALLOWED"


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({}, "token_uid"),
        ({"token": {"uid": "A", "party_id": "ABC"}}, r"IN\*ABC"),
        ({"token": {"uid": "A", "type": "RFID"}, "type": "RFID"}, "type"),
        ({"token": {"uid": "A"}, "token_uid": "A"}, "not both"),
        ({"token_uid": ""}, "token_uid"),
        ({"token_uid": "x" * 301}, "token_uid has more than 300 characters"),
        ({"token": "A"}, "token must be an object"),
        ({"token": ["A"]}, "token must be an object"),
        ({"token_uid": 7}, "token_uid must be a string"),
        (
            {"token_uid": "A", "tokenUid": "A"},
            "unknown field 'tokenUid': known are correlation_id, evse_uids",
        ),
        ({"token_uid": "A", "evse_uids": ["1"]}, "location_id"),
        ({"token_uid": "A", "location_id": "L", "evse_uids": "1"}, "evse_uids"),
        ({"token_uid": "A", "type": "NFC"}, "type"),
        ({"token_uid": "A", "to": "IN*ABC"}, "to"),
        ({"token_uid": "A", "to": {"country_code": "IND", "party_id": "ABC"}}, "country_code"),
        ({"token_uid": "A", "to": {"country_code": "I\n", "party_id": "ABC"}}, "to"),
        ({"token_uid": "A", "correlation_id": "a\r\nX: y"}, "correlation_id"),
        ({"token_uid": "A", "max_wait_s": -1}, "max_wait_s"),
        ({"token_uid": "A", "location": "L"}, "location"),
    ],
)
def test_a_payload_that_can_not_be_used_names_its_field(emsp: Emsp, payload: JsonObject, named: str) -> None:
    with pytest.raises(InvalidInvocation, match=named):
        authorize(emsp, **payload)
    assert emsp.hub.admin.requests(module="authorize") == []


@pytest.mark.parametrize("uid", ["DRIVER-0001", "ab/ c+é-0001"])
def test_a_token_uid_is_in_no_line_and_in_no_path_of_an_error(
    emsp: Emsp, capsys: pytest.CaptureFixture[str], uid: str
) -> None:
    assert authorize(emsp, token_uid=uid)["allowed"] == "ALLOWED"
    nobody: Any = {"country_code": "IN", "party_id": "NOP"}
    with pytest.raises(NotRouted) as raised:
        authorize(emsp, token_uid=uid, to=nobody)
    assert raised.value.trace is not None
    assert raised.value.trace.path.endswith("/tokens/IN/EMS/…0001/authorize")
    out = capsys.readouterr().out
    assert "/tokens/IN/EMS/…0001/authorize" in out
    assert uid not in out
    assert quote(uid, safe="") not in out
