"""What the Hub has agreed to is kept, whatever it says besides; a retry neither posts nor rotates again."""

from typing import Any

import pytest

from emsp.connection.connect_to_hub import connect_to_hub
from emsp.hub.errors import HubError, Unauthorized
from emsp.hub.request import HubRequest
from tests.integration.connection.test_register import hub_lets_us_in
from tests.integration.emsp_side import Emsp

HUB = {"role": "HUB", "party_id": "CIH", "country_code": "IN"}

# Members of the Hub's credentials that we can do without, and what they are instead.
NOT_NEEDED: list[dict[str, Any]] = [
    {"roles": [HUB]},
    {"roles": [{**HUB, "business_details": None}]},
    {"roles": [{**HUB, "business_details": {"website": "none"}}]},
    {"roles": [{"role": "HUB"}]},
    {"roles": [None, 7, "HUB"]},
    {"roles": []},
    {"roles": None},
    {"roles": "HUB"},
    {"roles": HUB},
    {"url": None},
    {"url": 7},
    {"url": "no url"},
    {"url": "https://elsewhere.example/ocpi/versions"},
    {"roles": None, "url": None, "x_more": {"a": 1}},
]


@pytest.mark.parametrize("changes", NOT_NEEDED, ids=str)
def test_register_finishes_without_what_it_does_not_need(emsp: Emsp, changes: dict[str, Any]) -> None:
    emsp.hub.admin.change_settings(credentials={"changes": changes})
    token = emsp.hub.admin.invite()
    told = emsp.register(action="register", versions_url=emsp.hub.versions_url, token=token)
    assert (told["registered"], told["pending"]) == (True, None)
    assert told["versions_url"] == emsp.hub.versions_url
    assert hub_lets_us_in(emsp)
    emsp.hub.admin.forget_requests()
    emsp.register(action="register", versions_url=emsp.hub.versions_url, token=token)
    methods = {each["method"] for each in emsp.hub.admin.requests(module="credentials")}
    assert methods == {"GET"}, "the same call again only verifies"


def test_what_was_missing_is_told(emsp: Emsp) -> None:
    emsp.hub.admin.change_settings(credentials={"changes": {"roles": None}})
    told = emsp.register(action="register", versions_url=emsp.hub.versions_url, token=emsp.hub.admin.invite())
    assert "the Hub's credentials name no party in roles" in told["warnings"]  # type: ignore[operator]


# What can go wrong after the Hub has answered our POST: a fault of one of the later requests.
AFTER_THE_POST: list[dict[str, Any]] = [
    {"kind": "html", "module": "versions", "skip": 1},
    {"kind": "html", "module": "version_details", "skip": 1},
    {"kind": "empty", "module": "version_details", "skip": 1},
    {"kind": "body", "module": "version_details", "skip": 1, "body": '{"data": {}, "status_code": 1000}'},
    {"kind": "body", "module": "versions", "skip": 1, "body": '{"data": {}, "status_code": 1000}'},
    {"kind": "status", "module": "credentials", "method": "PUT", "http_status": 405, "status_code": 2000},
    {"kind": "status", "module": "credentials", "method": "PUT", "http_status": 200, "status_code": 2000},
    {"kind": "html", "module": "credentials", "method": "PUT", "http_status": 404},
    {"kind": "html", "module": "credentials", "method": "GET"},
    {"kind": "empty", "module": "credentials", "method": "GET"},
    {"kind": "drop", "module": "credentials", "method": "GET"},
    {"kind": "not_enveloped", "module": "credentials", "method": "GET"},
    {"kind": "html", "module": "credentials", "method": "GET", "http_status": 404},
    {"kind": "status", "module": "credentials", "method": "GET", "http_status": 405, "status_code": 2000},
    {"kind": "rate_limited", "module": "credentials", "method": "GET"},
    {"kind": "body", "module": "credentials", "method": "GET", "body": '{"status_code": 1000}'},
    {"kind": "body", "module": "credentials", "method": "GET", "body": '{"status_code": 1000, "data": []}'},
]


@pytest.mark.parametrize("fault", AFTER_THE_POST, ids=lambda fault: " ".join(map(str, fault.values())))
def test_a_fault_after_the_post_is_a_warning(emsp: Emsp, fault: dict[str, Any]) -> None:
    emsp.hub.admin.add_fault(**{"times": 3, **fault})
    told = emsp.register(action="register", versions_url=emsp.hub.versions_url, token=emsp.hub.admin.invite())
    assert (told["registered"], told["pending"]) == (True, None)
    emsp.hub.admin.clear_faults()
    assert hub_lets_us_in(emsp)
    assert emsp.register(action="verify")["warnings"] == []
    assert all(token.not_after is None for token in emsp.inbound.read())


def test_a_put_whose_answer_is_lost_is_repeated_and_then_never_again(emsp: Emsp) -> None:
    token = emsp.hub.admin.invite()
    payload = {"action": "register", "versions_url": emsp.hub.versions_url, "token": token}
    emsp.hub.admin.add_fault("drop", module="credentials", method="PUT", processed=True)
    with pytest.raises(HubError):
        emsp.register(**payload)
    for _ in range(3):
        emsp.register(**payload)
    methods = [each["method"] for each in emsp.hub.admin.requests(module="credentials")]
    assert methods.count("POST") == 1
    assert methods.count("PUT") == 2
    assert hub_lets_us_in(emsp)


def test_a_put_that_is_answered_without_a_token_keeps_the_one_before(emsp: Emsp) -> None:
    emsp.hub.admin.change_settings(credentials={"without_token": True})
    emsp.registered()
    assert hub_lets_us_in(emsp)
    before = emsp.credentials.read().token
    assert emsp.register(action="rotate")["warnings"]
    assert emsp.credentials.read().token == before
    assert hub_lets_us_in(emsp)


@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("status", [401, 403, 400])
@pytest.mark.parametrize("plain", [True, False])
def test_the_encoding_that_the_hub_wants_is_found_out_once(
    emsp: Emsp, *, plain: bool, status: int, public: bool, envelope: bool
) -> None:
    emsp.hub.admin.change_settings(
        credentials={
            "accept_plain": plain,
            "accept_base64": not plain,
            "wrong_encoding_status": status,
            "wrong_encoding_envelope": envelope,
            "versions_are_public": public,
        }
    )
    emsp.registered()
    assert emsp.credentials.read().token_encoding == ("plain" if plain else "base64")
    refused = [each for each in emsp.hub.admin.requests() if each["http_status"] >= 400]
    assert len(refused) == int(plain), "tried once, and remembered"
    assert hub_lets_us_in(emsp)


def test_a_hub_that_changes_its_mind_about_the_encoding_is_understood_by_verify(emsp: Emsp) -> None:
    emsp.registered()
    emsp.hub.admin.change_settings(credentials={"accept_base64": False})
    client = connect_to_hub(emsp.settings)
    with pytest.raises(Unauthorized, match="verify"):
        client.call(HubRequest("GET", client.connection.versions_url, routed=False))
    emsp.register(action="verify")
    assert emsp.credentials.read().token_encoding == "plain"
    assert hub_lets_us_in(emsp)


def test_the_receivers_that_the_hubs_account_team_asks_for_are_told(emsp: Emsp) -> None:
    assert emsp.register(action="status")["receivers"] == {
        "versions": "https://emsp.example.com/ocpi/versions",
        "credentials": "https://emsp.example.com/ocpi/2.2.1/credentials",
        "sessions": "https://emsp.example.com/ocpi/2.2.1/sessions",
        "cdrs": "https://emsp.example.com/ocpi/2.2.1/cdrs",
        "command_results": "https://emsp.example.com/ocpi/2.2.1/commands",
    }
