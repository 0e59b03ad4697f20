"""The Hub exchanges credentials at our side, against a Hub whose versions we really read back."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from tests.inbound_tokens import live_token, store_tokens, stored_tokens
from tests.integration.house import BASE_URL, OUR_TOKEN, House
from tests.integration.http_server import serving
from tests.integration.lambda_context import Context
from tests.integration.samples import session

HUB_TOKEN = "hub-token-c41d"
PATH = "/ocpi/2.2.1/credentials"


@dataclass
class VersionsOfTheHub:
    """Serves versions and details to whoever shows a token in `accepted`."""

    accepted: set[str] = field(default_factory=lambda: {HUB_TOKEN})
    versions: tuple[str, ...] = ("2.1.1", "2.2.1")
    url: str = ""
    plain: bool = False
    refusal: int = 401

    def answer(self, path: str, authorization: str) -> tuple[int, Any]:
        token = authorization.removeprefix("Token ")
        if not self.plain:
            token = base64.b64decode(token).decode()
        if token not in self.accepted:
            return self.refusal, {"status_code": 2002 if self.refusal == 401 else 2000}
        if path.partition("?")[0] == "/ocpi/versions":
            data: Any = [{"version": each, "url": f"{self.url}/ocpi/{each}"} for each in self.versions]
        else:
            endpoints = [
                {"identifier": "commands", "role": "RECEIVER", "url": f"{self.url}/ocpi/2.2.1/commands"}
            ]
            data = {"version": "2.2.1", "endpoints": endpoints}
        return 200, {"data": data, "status_code": 1000, "timestamp": "2026-11-22T10:00:00Z"}


@pytest.fixture
def hub() -> Iterator[VersionsOfTheHub]:
    served = VersionsOfTheHub()

    def answer(path: str, authorization: str) -> tuple[int, bytes]:
        status, body = served.answer(path, authorization)
        return status, json.dumps(body).encode()

    with serving(answer) as served.url:
        yield served


@pytest.fixture(autouse=True)
def fresh_secrets(house: House) -> Iterator[None]:
    yield
    write("hub", {})
    store_tokens(house.dynamodb, "control", [live_token(OUR_TOKEN)])
    house.app("credentials").authentication.forget()


def write(secret: str, document: Any) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(document))


def read(secret: str) -> Any:
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])


def credentials(hub: VersionsOfTheHub, **changes: Any) -> dict[str, Any]:
    role = {"role": "HUB", "business_details": {"name": "Hub"}, "party_id": "CIH", "country_code": "IN"}
    return {"token": HUB_TOKEN, "url": f"{hub.url}/ocpi/versions", "roles": [role], **changes}


def test_get_tells_our_credentials(house: House) -> None:
    data = house.call("GET", PATH).envelope["data"]
    assert data["token"] == OUR_TOKEN
    assert data["url"] == "https://emsp.example.com/ocpi/versions"
    assert [(each["role"], each["country_code"], each["party_id"]) for each in data["roles"]] == [
        ("EMSP", "IN", "EMS")
    ]


@pytest.mark.parametrize("ending", ["versions", "2.2.1"])
def test_post_registers(house: House, hub: VersionsOfTheHub, ending: str) -> None:
    answer = house.call("POST", PATH, credentials(hub, url=f"{hub.url}/ocpi/{ending}"))
    assert (answer.http_status, answer.status_code) == (200, 1000)
    new_token = answer.envelope["data"]["token"]
    assert new_token != OUR_TOKEN
    assert house.call("GET", PATH, token=new_token).http_status == 200
    assert house.call("GET", PATH, token=OUR_TOKEN).http_status == 200, "both work during the overlap"
    stored = read("hub")
    assert (stored["token"], stored["versions_url"]) == (HUB_TOKEN, f"{hub.url}/ocpi/versions")
    assert stored["endpoints"][0]["identifier"] == "commands"
    inbound = stored_tokens(house.dynamodb, "control")
    assert new_token not in json.dumps(inbound)
    hashes = {each["sha256"]: each["not_after"] for each in inbound}
    assert hashes[hashlib.sha256(new_token.encode()).hexdigest()] is None
    assert hashes[hashlib.sha256(OUR_TOKEN.encode()).hexdigest()] is not None
    assert house.call("POST", PATH, credentials(hub), token=new_token).http_status == 405
    assert house.call("POST", PATH, credentials(hub)).http_status == 403, "superseded"


def test_put_rotates(house: House, hub: VersionsOfTheHub) -> None:
    assert house.call("PUT", PATH, credentials(hub)).http_status == 405
    first = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    hub.accepted.add("hub-token-2")
    second = house.call("PUT", PATH, credentials(hub, token="hub-token-2"), token=first).envelope["data"][
        "token"
    ]
    assert second != first
    assert read("hub")["token"] == "hub-token-2"
    assert read("hub")["previous_token"] == HUB_TOKEN
    assert house.call("GET", PATH, token=first).http_status == 200
    assert house.call("GET", PATH, token=second).http_status == 200


def test_delete_ends_it(house: House, hub: VersionsOfTheHub) -> None:
    assert house.call("DELETE", PATH).http_status == 405
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    assert house.call("DELETE", PATH, token=token).status_code == 1000
    assert read("hub")["token"] == ""
    assert house.call("GET", PATH, token=token).http_status == 401


def test_a_hub_that_cannot_be_called_back_is_3001(house: House, hub: VersionsOfTheHub) -> None:
    before = stored_tokens(house.dynamodb, "control")
    for wrong in ({"token": "not-known-there"}, {"url": "http://127.0.0.1:9/ocpi/versions"}):
        answer = house.call("POST", PATH, credentials(hub, **wrong))
        assert (answer.http_status, answer.status_code) == (200, 3001)
    assert read("hub") == {}
    assert stored_tokens(house.dynamodb, "control") == before


def test_a_hub_without_our_version_is_3003(house: House, hub: VersionsOfTheHub) -> None:
    hub.versions = ("2.1.1",)
    assert house.call("POST", PATH, credentials(hub)).status_code == 3003


@pytest.mark.parametrize(
    "changes",
    [
        {"token": None},
        {"token": ""},
        {"token": "two words"},
        {"url": None},
        {"url": "no url"},
        {"url": "file:///etc/passwd"},
        {"url": "http://user:password@127.0.0.1/ocpi/versions"},
        {"roles": None},
        {"roles": "HUB"},
    ],
)
def test_unusable_credentials_are_refused_and_kept_nowhere(
    house: House, hub: VersionsOfTheHub, changes: dict[str, Any]
) -> None:
    answer = house.call("POST", PATH, credentials(hub, **changes))
    assert answer.status_code in (2001, 3001)
    assert read("hub") == {}
    assert house.rejected() == []


def test_a_registered_hub_cannot_move_to_where_it_is_not(house: House, hub: VersionsOfTheHub) -> None:
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    before = read("hub"), stored_tokens(house.dynamodb, "control")
    for url, status_code in (
        ("http://localhost:1/ocpi/versions", 3001),
        ("ftp://localhost/ocpi/versions", 2001),
        ("http://user:pw@localhost/ocpi/versions", 2001),
    ):
        answer = house.call("PUT", PATH, credentials(hub, url=url), token=token)
        assert answer.status_code == status_code
    assert house.call("PUT", PATH, credentials(hub, url="http://x/"), token="unknown").http_status == 401
    assert (read("hub"), stored_tokens(house.dynamodb, "control")) == before


@pytest.mark.parametrize("ending", ["versions", "2.2.1"])
def test_a_hub_that_moves_to_another_host_is_followed(
    house: House, hub: VersionsOfTheHub, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By PUT, as OCPI has it: the endpoints are fetched anew, with the new token, from the new URL."""
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    moved = hub.url.replace("127.0.0.1", "localhost")
    hub.url, hub.accepted = moved, {"token-after-the-move"}
    answer = house.call(
        "PUT", PATH, credentials(hub, token="token-after-the-move", url=f"{moved}/ocpi/{ending}"), token=token
    )
    assert answer.status_code == 1000
    stored = read("hub")
    assert stored["versions_url"] == f"{moved}/ocpi/versions"
    assert {each["url"] for each in stored["endpoints"]} == {f"{moved}/ocpi/2.2.1/commands"}
    assert '"HubMoved":[1.0]' in capsys.readouterr().out


def invite(house: House) -> str:
    told = house.app("register").handler({"action": "invite"}, Context(30))
    assert told["invitation"]["versions_url"] == f"{BASE_URL}/ocpi/versions"
    return str(told["invitation"]["token"])


def test_a_handshake_that_the_hub_begins(house: House, hub: VersionsOfTheHub) -> None:
    """As OCPI has it, with the roles turned round: our token, its versions, its POST, our answer."""
    store_tokens(house.dynamodb, "control", [])
    house.app("credentials").authentication.forget()
    token = invite(house)
    assert house.call("GET", "/ocpi/versions", token=token).status_code == 1000
    path = "/ocpi/2.2.1/sessions/IN/ABC/S1"
    answer = house.call("PUT", path, session(), token=token)
    assert (answer.http_status, house.items("sessions")) == (403, []), "it is no Hub's yet"
    ours = house.call("POST", PATH, credentials(hub), token=token).envelope["data"]["token"]
    assert read("hub")["token"] == HUB_TOKEN
    assert house.call("GET", PATH, token=ours).status_code == 1000
    assert house.call("POST", PATH, credentials(hub), token=ours).http_status == 405
    again = house.call("POST", PATH, credentials(hub), token=token)
    assert again.status_code == 1000, "an answer that was lost can be asked for again"


def test_an_invitation_lets_a_registered_hub_register_anew(house: House, hub: VersionsOfTheHub) -> None:
    house.call("POST", PATH, credentials(hub))
    hub.accepted = {"another"}
    token = invite(house)
    assert house.call("POST", PATH, credentials(hub, token="another"), token=token).status_code == 1000
    assert read("hub")["token"] == "another"


def test_after_the_hub_has_withdrawn_an_invitation_lets_it_back_in(
    house: House, hub: VersionsOfTheHub, capsys: pytest.CaptureFixture[str]
) -> None:
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    assert house.call("DELETE", PATH, token=token).status_code == 1000
    assert '{\\"action\\": \\"invite\\"}' in capsys.readouterr().out, "what the log advises"
    house.app("credentials").authentication.forget()
    assert house.call("POST", PATH, credentials(hub), token=invite(house)).status_code == 1000


def test_the_newest_invitation_counts(house: House, hub: VersionsOfTheHub) -> None:
    first, second = invite(house), invite(house)
    house.app("credentials").authentication.forget()
    assert house.call("GET", "/ocpi/versions", token=first).http_status == 401
    assert house.call("POST", PATH, credentials(hub), token=second).status_code == 1000


@pytest.mark.parametrize("refusal", [401, 403, 400])
def test_a_hub_that_wants_its_token_plain_is_found_out(
    house: House, hub: VersionsOfTheHub, refusal: int
) -> None:
    hub.plain, hub.refusal = True, refusal
    assert house.call("POST", PATH, credentials(hub)).status_code == 1000
    assert read("hub")["token_encoding"] == "plain"


# Roles in the Hub's credentials, and whom they name.
ROLES: list[tuple[Any, list[str]]] = [
    ([{"role": "HUB", "party_id": "CIH", "country_code": "IN"}], ["IN*CIH"]),
    ([{"role": "HUB", "party_id": "CIH", "country_code": "IN", "business_details": None}], ["IN*CIH"]),
    ([{"role": "HUB", "party_id": "CIH", "country_code": "IN", "business_details": {}}], ["IN*CIH"]),
    ([{"role": "hub", "party_id": "cih", "country_code": "in", "business_details": "x"}], ["IN*CIH"]),
    ({"role": "HUB", "party_id": "CIH", "country_code": "IN"}, ["IN*CIH"]),
    ([{"role": "HUB"}, None, 7, {"role": "CPO", "party_id": "ABC", "country_code": "IN"}], ["IN*ABC"]),
    ([{"role": "PLATFORM", "party_id": "ABC", "country_code": "IN"}], ["IN*ABC"]),
]


@pytest.mark.parametrize(("roles", "named"), ROLES)
def test_roles_need_no_more_than_a_party(
    house: House, hub: VersionsOfTheHub, roles: Any, named: list[str]
) -> None:
    assert house.call("POST", PATH, credentials(hub, roles=roles)).status_code == 1000
    stored = [f"{each['country_code']}*{each['party_id']}" for each in read("hub")["hub_roles"]]
    assert stored == named


def test_a_platform_of_cpos_speaks_for_its_own_parties_only(house: House, hub: VersionsOfTheHub) -> None:
    role = {"role": "CPO", "business_details": {"name": "CPO"}, "party_id": "CPO", "country_code": "IN"}
    house.call("POST", PATH, credentials(hub, roles=[role]))
    assert stored_tokens(house.dynamodb, "control")[-1]["speaks_for"] == ["IN*CPO"]


def test_no_token_in_any_log_line(
    house: House, hub: VersionsOfTheHub, capsys: pytest.CaptureFixture[str]
) -> None:
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    house.call("POST", PATH, credentials(hub, token="not-known-there", url=None))
    house.call("PUT", PATH, credentials(hub, token="not-known-there"))
    out = capsys.readouterr().out
    for secret in (token, OUR_TOKEN, HUB_TOKEN, "not-known-there"):
        assert secret not in out
        assert base64.b64encode(secret.encode()).decode() not in out


def test_a_registered_hub_can_move_on_its_own_origin(house: House, hub: VersionsOfTheHub) -> None:
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    moved = credentials(hub, url=f"{hub.url}/ocpi/versions?tenant=2")
    token = house.call("PUT", PATH, moved, token=token).envelope["data"]["token"]
    assert read("hub")["versions_url"] == f"{hub.url}/ocpi/versions?tenant=2"
    details = credentials(hub, url=f"{hub.url}/ocpi/2.2.1")
    assert house.call("PUT", PATH, details, token=token).status_code == 1000
    assert read("hub")["versions_url"] == f"{hub.url}/ocpi/versions?tenant=2", "its endpoints are there still"


@pytest.mark.parametrize("encoding", ["base64", "plain"])
@pytest.mark.parametrize("bad", ["ключ", "a\r\nX: y", "a\u0000b", "a b"])
def test_a_token_that_no_header_could_carry_is_2001(
    house: House, hub: VersionsOfTheHub, bad: str, encoding: str
) -> None:
    token = house.call("POST", PATH, credentials(hub)).envelope["data"]["token"]
    write("hub", {**read("hub"), "token_encoding": encoding})
    answer = house.call("PUT", PATH, credentials(hub, token=bad), token=token)
    assert (answer.http_status < 500, answer.status_code) == (True, 2001)
    assert read("hub")["token"] == HUB_TOKEN
