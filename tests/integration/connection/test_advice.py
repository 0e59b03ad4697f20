"""No message advises what was not tried: each advice is followed here, and leads where it says.

`FOLLOWED` has the words of every advice in our messages about the Hub, with the test that follows it; a
message that advises something else fails the last test.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from emsp.connection.connect_to_hub import LISTS, connect_to_hub
from emsp.connection.exchange_credentials import InitialTokenSpent
from emsp.deadline import Deadline
from emsp.hub import get_page, transport
from emsp.hub.allowed_urls import origin_of
from emsp.hub.client import HubClient
from emsp.hub.errors import (
    ForeignUrl,
    HubError,
    MalformedAnswer,
    NoEndpoint,
    NotRegistered,
    NotRouted,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from emsp.hub.get_page import each_page, list_request
from emsp.hub.next_page import TooManyPages
from emsp.hub.request import HubRequest
from emsp.ocpi.parties import PartyId
from emsp.stores.table import StoreUnavailable
from tests.integration.connection.test_register import hub_lets_us_in
from tests.integration.emsp_side import Emsp, forget_clients

PACKAGE: Final = Path(__file__).parents[3] / "layers" / "emsp" / "emsp"
ADVISING: Final = re.compile(
    r"\b(ask|run register|try again|register (again|anew|with)|wait|use https|lower|raise the|put \{|tell|"
    r"run the|check its|pass a|names? the next step|connect again)\b",
    re.IGNORECASE,
)


def authorized(emsp: Emsp, **how: Any) -> bool:
    forget_clients()
    client = connect_to_hub(emsp.settings)
    client._sleep = lambda seconds: None
    url = client.endpoint("tokens", "RECEIVER", "IN", "EMS", "APP-1", "authorize")
    return bool(client.call(HubRequest("PUT", url, **how)).data)


def new_token(emsp: Emsp) -> dict[str, Any]:
    """What the Hub's operator gives to whoever asks."""
    return {
        "action": "register",
        "versions_url": emsp.hub.versions_url,
        "token": emsp.hub.admin.invite(),
    }


def action_in(error: BaseException) -> dict[str, Any]:
    """The first payload that a message tells to run register with."""
    found = re.search(r"\{\"action\".*?\}", str(error))
    assert found is not None, str(error)
    payload: dict[str, Any] = json.loads(found[0])
    return payload


def test_a_revoked_token(emsp: Emsp) -> None:
    """A call -> verify -> a new initial token -> register: no circle."""
    emsp.registered()
    emsp.hub.admin.revoke_tokens("all")
    with pytest.raises(Unauthorized) as refused:
        authorized(emsp)
    with pytest.raises(Unauthorized) as shut_out:
        emsp.register(**action_in(refused.value))
    payload = action_in(shut_out.value)
    assert payload == {"action": "register", "versions_url": emsp.hub.versions_url, "token": "..."}
    emsp.register(**{**payload, "token": emsp.hub.admin.invite()})
    assert authorized(emsp)


def test_a_revoked_token_that_one_tries_to_rotate(emsp: Emsp) -> None:
    emsp.registered()
    emsp.hub.admin.revoke_tokens("all")
    with pytest.raises(Unauthorized) as refused:
        emsp.register(action="rotate")
    with pytest.raises(Unauthorized, match="new initial token"):
        emsp.register(**action_in(refused.value))
    emsp.register(**new_token(emsp))
    assert hub_lets_us_in(emsp)


def test_a_revoked_token_at_a_hub_whose_versions_are_public(emsp: Emsp) -> None:
    emsp.hub.admin.change_settings(credentials={"versions_are_public": True})
    emsp.registered()
    emsp.hub.admin.revoke_tokens("all")
    with pytest.raises(Unauthorized, match="new initial token"):
        emsp.register(action="verify")


def test_verify_goes_back_to_the_token_before(emsp: Emsp) -> None:
    """A rotation that could not be tried out, with a token that turns out to be none."""
    emsp.registered()
    emsp.hub.admin.add_fault("html", module="credentials", method="GET", times=3)
    told = emsp.register(action="rotate")
    [warning] = [str(each) for each in told["warnings"]]  # type: ignore[union-attr]
    stored = emsp.credentials.read()
    assert stored.previous_token
    assert emsp.register(**action_in(Exception(warning)))["warnings"] == []
    assert (emsp.credentials.read().previous_token, hub_lets_us_in(emsp)) == ("", True)


def test_a_suspended_party(emsp: Emsp) -> None:
    emsp.registered()
    emsp.hub.admin.set_party("IN", "EMS", "SUSPENDED")
    with pytest.raises(Unauthorized) as refused:
        authorized(emsp)
    with pytest.raises(Unauthorized, match="or we are suspended"):
        emsp.register(**action_in(refused.value))
    emsp.hub.admin.set_party("IN", "EMS", "CONNECTED")
    assert emsp.register(**action_in(refused.value))["registered"] is True
    assert authorized(emsp)


def test_a_wrong_initial_token(emsp: Emsp) -> None:
    with pytest.raises(Unauthorized, match="ask it for a new one"):
        emsp.register(action="register", versions_url=emsp.hub.versions_url, token="wrong")
    emsp.register(**new_token(emsp))
    assert authorized(emsp)


def test_a_lost_answer_to_the_first_post(emsp: Emsp) -> None:
    payload = new_token(emsp)
    emsp.hub.admin.add_fault("drop", module="credentials", method="POST", processed=True)
    with pytest.raises(Unavailable, match="try again later"):
        emsp.register(**payload)
    assert "run the same action again" in str(emsp.register(action="status")["pending"])
    with pytest.raises(InitialTokenSpent, match="ask the Hub for a new initial token"):
        emsp.register(**payload)
    emsp.register(**new_token(emsp))
    assert authorized(emsp)


def test_an_exchange_that_ended_half_way(emsp: Emsp) -> None:
    emsp.registered()
    emsp.hub.admin.add_fault("drop", module="credentials", method="PUT")
    with pytest.raises(Unavailable, match="try again later"):
        emsp.register(action="rotate")
    assert "run the same action again" in str(emsp.register(action="status")["pending"])
    assert emsp.register(action="rotate")["pending"] is None
    assert authorized(emsp)


def test_not_registered(emsp: Emsp) -> None:
    with pytest.raises(NotRegistered) as raised:
        connect_to_hub(emsp.settings)
    payload = action_in(raised.value)
    assert set(payload) == {"action", "versions_url", "token"}
    emsp.register(**{**payload, **new_token(emsp)})
    assert authorized(emsp)


def test_credentials_without_a_usable_token(emsp: Emsp) -> None:
    body = json.dumps({"data": {"token": "with a blank"}, "status_code": 1000})
    emsp.hub.admin.add_fault("body", module="credentials", method="POST", body=body, processed=True)
    with pytest.raises(MalformedAnswer, match="for a new initial token"):
        emsp.registered()
    emsp.register(**new_token(emsp))
    assert authorized(emsp)


def test_a_module_that_is_missing_before_the_registration(emsp: Emsp) -> None:
    payload = new_token(emsp)
    url = f"{emsp.hub.url}/ocpi/2.2.1/credentials"
    lines = [{"identifier": "credentials", "role": "RECEIVER", "url": url}]
    body = json.dumps({"data": {"version": "2.2.1", "endpoints": lines}, "status_code": 1000})
    emsp.hub.admin.add_fault("body", module="version_details", body=body, times=None)
    with pytest.raises(NoEndpoint, match="register again with the same token"):
        emsp.register(**payload)
    emsp.hub.admin.clear_faults()
    emsp.register(**payload)
    assert authorized(emsp)


def test_a_module_that_is_missing_later(emsp: Emsp) -> None:
    emsp.registered()
    stored = emsp.credentials.read()
    lost = tuple(each for each in stored.endpoints if each.identifier != "tokens")
    emsp.credentials.write(replace(stored, endpoints=lost))
    with pytest.raises(NoEndpoint) as raised:
        authorized(emsp)
    emsp.register(**action_in(raised.value))
    assert authorized(emsp)


def test_an_endpoint_that_leads_elsewhere(emsp: Emsp) -> None:
    emsp.registered()
    stored = emsp.credentials.read()
    wrong = tuple(
        type(each)(each.identifier, each.role, each.url.replace("127.0.0.1", "elsewhere.example"))
        for each in stored.endpoints
    )
    emsp.credentials.write(replace(stored, endpoints=wrong))
    with pytest.raises(ForeignUrl) as raised:
        authorized(emsp)
    emsp.register(**action_in(raised.value))
    assert authorized(emsp)


@pytest.mark.parametrize(
    ("body", "error", "advice"),
    [
        ('[{"version": "2.1.1", "url": "x"}]', NoEndpoint, "ask it to enable 2.2.1"),
        ('{"versions": []}', MalformedAnswer, "register with that one"),
    ],
)
def test_versions_that_are_none(emsp: Emsp, body: str, error: type[HubError], advice: str) -> None:
    payload = new_token(emsp)
    emsp.hub.admin.add_fault("body", module="versions", body=f'{{"data": {body}, "status_code": 1000}}')
    with pytest.raises(error, match=advice):
        emsp.register(**payload)
    emsp.register(**payload)
    assert authorized(emsp)


def test_version_details_that_are_none(emsp: Emsp) -> None:
    payload = new_token(emsp)
    emsp.hub.admin.add_fault("body", module="version_details", body='{"data": {}, "status_code": 1000}')
    with pytest.raises(MalformedAnswer, match="report it to the Hub's support"):
        emsp.register(**payload)
    emsp.register(**payload)
    assert authorized(emsp)


def test_a_secret_that_is_spoiled(emsp: Emsp) -> None:
    emsp.registered()
    secrets = boto3.client("secretsmanager")
    for spoiled in ("no JSON", "[]", '"x"'):
        secrets.put_secret_value(SecretId="hub", SecretString=spoiled)
        with pytest.raises(StoreUnavailable) as raised:
            emsp.register(**new_token(emsp))
        advised = re.search(r"--secret-id (\S+) --secret-string '(.*?)'", str(raised.value))
        assert advised is not None
        secrets.put_secret_value(SecretId=advised[1], SecretString=advised[2])
        emsp.register(**new_token(emsp))
        assert authorized(emsp)


def test_no_routing_rule(emsp: Emsp) -> None:
    emsp.registered()
    cpo = emsp.hub.admin.objects("locations")[0]
    to = PartyId(cpo["country_code"], cpo["party_id"])
    emsp.hub.admin.route(to.country_code, to.party_id, routed=False)
    with pytest.raises(NotRouted, match="turn on the routing rule"):
        authorized(emsp, to=to)
    emsp.hub.admin.route(to.country_code, to.party_id, routed=True)
    assert authorized(emsp, to=to)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html"},
        {"kind": "drop"},
        {"kind": "status", "http_status": 200, "status_code": 3000},
        {"kind": "body", "http_status": 422, "body": "{}"},
        {"kind": "empty"},
        {"kind": "redirect", "location": ""},
        {"kind": "redirect", "http_status": 302, "location": "/ocpi/versions"},
        {"kind": "redirect", "http_status": 307, "location": "/ocpi/2.2.1/tokens/IN/EMS/A/authorize"},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
def test_what_passes_by_itself_or_when_the_support_mends_it(emsp: Emsp, fault: dict[str, Any]) -> None:
    emsp.registered()
    emsp.hub.admin.add_fault(**{"times": None, **fault, "module": "authorize"})
    with pytest.raises(HubError, match=r"try again later|report it to the Hub's support"):
        authorized(emsp)
    emsp.hub.admin.clear_faults()
    assert authorized(emsp)


def test_a_hub_that_is_not_there(emsp: Emsp) -> None:
    payload = new_token(emsp)
    with pytest.raises(Unavailable, match="check its address"):
        emsp.register(**{**payload, "versions_url": "http://127.0.0.1:9/ocpi/versions"})
    emsp.register(**payload)
    assert authorized(emsp)


def test_the_quota(emsp: Emsp) -> None:
    emsp.environment["QUOTA_AUTHORIZE_PER_MINUTE"] = "1"
    emsp.registered()
    emsp.hub.admin.add_fault("rate_limited", module="authorize", retry_after="seconds", delay_s=1)
    with pytest.raises(RateLimited, match="wait 1 s"):
        authorized(emsp, quota_module="authorize")
    with pytest.raises(RateLimited, match="pass a larger max_wait_s") as raised:
        authorized(emsp, quota_module="authorize")
    assert raised.value.retry_after_s < 62


def test_an_answer_that_is_too_large(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_page, "PAGE_BYTES", 8 * 1024)
    monkeypatch.setattr(transport, "CHUNK", 1024)
    client = connect_to_hub(emsp.registered().settings)
    client._sleep = lambda seconds: None
    with pytest.raises(MalformedAnswer, match="larger than 8192 bytes"):
        locations(client, limit=12)
    assert locations(client, limit=2, pages_at_most=9) == 12


def test_more_pages_than_allowed(emsp: Emsp) -> None:
    client = connect_to_hub(emsp.registered().settings)
    with pytest.raises(TooManyPages, match="raise the page limit"):
        locations(client, limit=2, pages_at_most=3)
    assert locations(client, limit=2, pages_at_most=6) == 12


def locations(client: HubClient, *, limit: int, pages_at_most: int = 100) -> int:
    request = list_request(
        f"{client.endpoint('locations', 'SENDER')}?offset=0&limit={limit}",
        quota_module=LISTS,
        max_wait_s=5,
        deadline=Deadline.after(10),
    )
    return sum(len(page.objects or ()) for page in each_page(client, request, pages_at_most=pages_at_most))


def test_plain_http(emsp: Emsp) -> None:
    with pytest.raises(ForeignUrl, match="use https"):
        origin_of("http://hub.example/ocpi/versions", allow_http=False)
    assert origin_of("https://hub.example/ocpi/versions", allow_http=False).port == 443


CHECKLIST: Final = "test_readiness.test_what_each_item_advises_leads_on"

FOLLOWED: Final = {
    'run register with {"action": "verify"}, which repairs it or names the next step': test_a_revoked_token,
    "Ask the Hub for a new initial token and run register with": test_a_revoked_token,
    'with {"action": "invite"}': "test_credentials.test_a_handshake_that_the_hub_begins",
    'run register with {"action": "verify"}: ': test_verify_goes_back_to_the_token_before,
    "ask it for a new one, and register with that": test_a_wrong_initial_token,
    "ask the Hub for a new initial token, and register with that": test_a_lost_answer_to_the_first_post,
    "run the same action again": test_an_exchange_that_ended_half_way,
    "run the action of register again": test_an_exchange_that_ended_half_way,
    '"token": "<initial token>"}': test_not_registered,
    "and for a new initial token": test_credentials_without_a_usable_token,
    "then register again with the same token": test_a_module_that_is_missing_before_the_registration,
    'then run register with {"action": "verify"}, which reads': test_a_module_that_is_missing_later,
    'details, then run register with {"action": "verify"}': test_an_endpoint_that_leads_elsewhere,
    "ask it to enable": test_versions_that_are_none,
    "and register with that one": test_versions_that_are_none,
    "have no list of endpoints: report it to the Hub's support": test_version_details_that_are_none,
    "put {} into it": test_a_secret_that_is_spoiled,
    "ask the Hub to turn on the routing rule": test_no_routing_rule,
    "try again later": test_what_passes_by_itself_or_when_the_support_mends_it,
    "report it to the Hub's support": test_what_passes_by_itself_or_when_the_support_mends_it,
    "ask its support": "test_hub_paging.test_a_list_that_loops_fails_the_run_and_the_next_one_starts_anew",
    "check its address": test_a_hub_that_is_not_there,
    "the Hub's rate limit is reached: wait": test_the_quota,
    "pass a larger max_wait_s": test_the_quota,
    "raise the page limit": test_more_pages_than_allowed,
    "use https": test_plain_http,
    "whether that is correct": "test_credentials.test_a_hub_that_moves_to_another_host_is_followed",
    "POSTs its credentials": "test_credentials.test_a_handshake_that_the_hub_begins",
    "Check PublicBaseUrl or DomainName": CHECKLIST,
    "ask the Hub why, and run check_hub": CHECKLIST,
    "turn on routing rules": CHECKLIST,
    "run the same action of register again": CHECKLIST,
    'ask the Hub to enable {}, then run register with {"action": "verify"}': CHECKLIST,
    "wait for its result, then check again": CHECKLIST,
    "ask the Hub for an initial token, then run register": CHECKLIST,
    "ask the Hub, and run check_hub when it has changed": CHECKLIST,
    "update the credentials with PUT": "test_credentials.test_post_registers",
    "register with POST": "test_credentials.test_put_rotates",
    "that replaced it": "test_leaked_token.test_a_token_that_the_hub_itself_has_rotated_is_superseded",
    "tries the new one": "test_register.test_a_new_token_that_the_hub_does_not_know_itself_is_not_used",
}


def messages() -> Iterator[tuple[str, str]]:
    """Every text of the Hub's client and the connection but docstrings, with `{}` for values."""
    files = [*(PACKAGE / "hub").glob("*.py"), *(PACKAGE / "connection").glob("*.py")]
    files.append(PACKAGE / "stores" / "hub_credentials.py")
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        inner = {
            part
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr | ast.BinOp)
            for part in ast.walk(node)
            if part is not node
        }
        docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if node not in inner and node not in docstrings:
                told = _text(node)
                if told:
                    yield file.name, told


def _text(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or "{}" for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return (_text(left) or "{}") + (_text(right) or "{}")
    return ""


def test_every_advice_has_a_test_that_follows_it() -> None:
    unfollowed = [
        f"{file}: {told}"
        for file, told in messages()
        if ADVISING.search(told) and not any(words in told for words in FOLLOWED)
    ]
    assert not unfollowed, "\n".join(unfollowed)


def test_no_followed_advice_is_given_no_more() -> None:
    told = "\n".join(each for _, each in messages())
    assert not [words for words in FOLLOWED if words not in told]
