import pytest

from tests.hub_simulator.simulator import HubSimulator
from tests.unit.hub_simulator.conftest import Connected
from tests.unit.hub_simulator.emsp_side import OUR_TOKEN, FakeEmsp, call


def test_versions_lead_to_every_module_with_its_role(connected: Connected) -> None:
    versions = connected.call("GET", connected.hub.versions_url).data
    details = connected.call("GET", versions[0]["url"]).data

    assert versions[0]["version"] == "2.2.1"
    roles = {e["identifier"]: e["role"] for e in details["endpoints"]}
    assert roles == {
        "credentials": "RECEIVER",
        "tokens": "RECEIVER",
        "commands": "RECEIVER",
        "locations": "SENDER",
        "tariffs": "SENDER",
        "hubclientinfo": "SENDER",
    }


@pytest.mark.parametrize("plain", [True, False])
def test_a_token_is_good_in_both_encodings(connected: Connected, plain: bool) -> None:
    assert call("GET", connected.hub.versions_url, connected.token, plain=plain).code == 1000


@pytest.mark.parametrize("token", ["", "wrong"])
def test_others_are_told_2002_and_nothing_else(hub: HubSimulator, token: str) -> None:
    reply = call("GET", hub.versions_url, token)
    assert (reply.status, reply.code) == (401, 2002)
    assert "data" not in reply.json


def test_an_initial_token_opens_versions_and_credentials_only_and_only_once(
    hub: HubSimulator, emsp: FakeEmsp
) -> None:
    initial = hub.admin.invite()
    base = f"{hub.url}/ocpi/2.2.1"
    assert call("GET", f"{hub.url}/ocpi/versions", initial).code == 1000
    assert call("GET", f"{base}/locations", initial).status == 401

    first = call("POST", f"{base}/credentials", initial, emsp.credentials())

    assert first.data["token"] != initial
    assert first.data["roles"][0]["role"] == "HUB"
    assert call("GET", hub.versions_url, initial).status == 401
    assert call("POST", f"{base}/credentials", first.data["token"], emsp.credentials()).status == 405


def test_the_hub_reads_our_versions_with_our_token(connected: Connected) -> None:
    paths = [path for _, path, _, _ in connected.emsp.received]
    assert paths == ["/versions", "/details"]
    assert connected.hub.admin.registrations()[0]["endpoints"][0]["url"].startswith(connected.emsp.url)


def test_a_url_that_is_the_details_own_works_too(hub: HubSimulator, emsp: FakeEmsp) -> None:
    reply = call(
        "POST",
        f"{hub.url}/ocpi/2.2.1/credentials",
        hub.admin.invite(),
        emsp.credentials(url=f"{emsp.url}/details"),
    )
    assert reply.code == 1000


def test_a_failed_exchange_says_3001_or_3003_and_keeps_the_initial_token(
    hub: HubSimulator, emsp: FakeEmsp
) -> None:
    initial = hub.admin.invite()
    url = f"{hub.url}/ocpi/2.2.1/credentials"
    emsp.answers["/versions"] = [(500, 3000)]
    assert call("POST", url, initial, emsp.credentials()).code == 3001
    emsp.modules = ("sessions",)
    assert call("POST", url, initial, emsp.credentials()).code == 3003
    emsp.modules = ("sessions", "cdrs")
    assert call("POST", url, initial, emsp.credentials()).code == 1000


def test_only_an_emsp_may_register(hub: HubSimulator, emsp: FakeEmsp) -> None:
    reply = call(
        "POST", f"{hub.url}/ocpi/2.2.1/credentials", hub.admin.invite(), emsp.credentials(role="CPO")
    )
    assert (reply.status, reply.code) == (200, 2000)


def test_put_rotates_and_both_tokens_live_until_the_old_one_is_revoked(connected: Connected) -> None:
    renewed = connected.call("PUT", "credentials", connected.emsp.credentials()).data["token"]
    assert renewed != connected.token
    assert connected.call("GET", "credentials").code == 1000
    assert call("GET", connected.hub.versions_url, renewed).code == 1000

    connected.hub.admin.revoke_tokens("old")

    assert connected.call("GET", "credentials").status == 401
    assert call("GET", connected.hub.versions_url, renewed).code == 1000


def test_the_confirming_put_may_keep_the_token(connected: Connected) -> None:
    connected.hub.admin.change_settings(credentials={"confirming_put_rotates": False})
    confirmed = connected.call("PUT", "credentials", connected.emsp.credentials())
    assert confirmed.data["token"] == connected.token
    rotated = connected.call("PUT", "credentials", connected.emsp.credentials())
    assert rotated.data["token"] != connected.token


def test_put_and_delete_want_a_registration(hub: HubSimulator, emsp: FakeEmsp) -> None:
    initial = hub.admin.invite()
    url = f"{hub.url}/ocpi/2.2.1/credentials"
    assert call("PUT", url, initial, emsp.credentials()).status == 405
    assert call("DELETE", url, initial).status == 405


def test_delete_ends_everything(connected: Connected) -> None:
    assert connected.call("DELETE", "credentials").code == 1000
    assert connected.call("GET", "credentials").status == 401
    assert all(party["role"] == "CPO" for party in connected.hub.admin.parties())


def test_no_token_is_shown_by_the_admin_api(connected: Connected) -> None:
    shown = str(connected.hub.admin.requests()) + str(connected.hub.admin.registrations())
    assert connected.token not in shown
    assert OUR_TOKEN not in shown
    assert "sha256:" in shown


def test_a_suspended_party_is_told_2002(connected: Connected) -> None:
    connected.hub.admin.set_party("IN", "EMS", "SUSPENDED")
    reply = connected.call("GET", "locations")
    assert (reply.status, reply.code) == (401, 2002)
