"""register against the simulated Hub: exchange, restart after a crash, rotation, verification."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.connection.connect_to_hub import _clients, connect_to_hub
from emsp.connection.exchange_credentials import InitialTokenSpent
from emsp.hub.client import HubClient
from emsp.hub.errors import (
    ForeignUrl,
    MalformedAnswer,
    NoEndpoint,
    NotRegistered,
    Refused,
    Unauthorized,
    Unavailable,
)
from emsp.hub.request import HubRequest
from emsp.invocation import InvalidInvocation
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens, hash_token
from tests.integration.emsp_side import Emsp, a_hub, forget_clients

POSTED = "after HubClient.call POST"


class Crash(BaseException):
    """The Lambda is killed."""


class CrashAt:
    """Kills the run at its n-th step; steps are the moments before and after each call of the Hub and each
    write.
    """

    def __init__(self, patch: pytest.MonkeyPatch, step: int) -> None:
        self.step = step
        self.steps: list[str] = []
        for owner, name in ((HubClient, "call"), (HubCredentialsStore, "write"), (InboundTokens, "change")):
            patch.setattr(owner, name, self._wrapped(getattr(owner, name), f"{owner.__name__}.{name}"))

    def _wrapped(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            told = f"{name} {args[1].method if name.endswith('call') else ''}".strip()
            self._passed(f"before {told}")
            answer = original(*args, **kwargs)
            self._passed(f"after {told}")
            return answer

        return wrapper

    def _passed(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) == self.step:
            raise Crash


def hub_lets_us_in(emsp: Emsp) -> bool:
    forget_clients()
    client = connect_to_hub(emsp.settings)
    try:
        client.call(HubRequest("GET", client.endpoint("credentials", "RECEIVER"), routed=False))
    except Unauthorized:
        return False
    return True


def we_let_the_hub_in(emsp: Emsp) -> bool:
    """Every token of ours that the Hub holds is accepted by our side."""
    now = datetime.now(UTC)
    live = {
        f"sha256:{token.sha256[:16]}"
        for token in emsp.inbound.read()
        if token.not_after is None or token.not_after > now
    }
    [registration] = emsp.hub.admin.registrations()
    return set(registration["received_tokens"]) <= live


def test_register_exchanges_confirms_and_verifies(emsp: Emsp) -> None:
    token = emsp.hub.admin.invite()
    told = emsp.register(action="register", versions_url=emsp.hub.versions_url, token=token)
    assert told["registered"] is True
    assert told["pending"] is None
    assert told["hub_roles"] == [{"role": "HUB", "country_code": "IN", "party_id": "CIH"}]
    assert told["missing_modules"] == []
    stored = emsp.credentials.read()
    assert stored.token
    assert stored.token not in str(told)
    [registration] = emsp.hub.admin.registrations()
    assert registration["confirmed"] is True
    assert registration["party"] == "IN*EMS"
    [role] = registration["roles"]
    assert role["business_details"] == {"name": "Bijli Drive"}
    assert registration["url"] == "https://emsp.example.com/ocpi/versions"
    methods = [(each["method"], each["module"]) for each in emsp.hub.admin.requests(module="credentials")]
    assert methods == [("POST", "credentials"), ("PUT", "credentials"), ("GET", "credentials")]
    for request in emsp.hub.admin.requests():
        assert "ocpi-from-party-id" not in request["headers"], "configuration modules are not routed"


def test_a_wrong_initial_token_leaves_nothing_behind(emsp: Emsp) -> None:
    with pytest.raises(Unauthorized):
        emsp.register(action="register", versions_url=emsp.hub.versions_url, token="wrong")
    assert emsp.register(action="status")["registered"] is False
    assert emsp.inbound.read() == ()


@pytest.mark.parametrize("plain", [True, False])
def test_the_encoding_of_tokens_is_found_out(emsp: Emsp, plain: bool) -> None:
    emsp.hub.admin.change_settings(credentials={"accept_plain": plain, "accept_base64": not plain})
    emsp.registered()
    assert emsp.credentials.read().token_encoding == ("plain" if plain else "base64")
    assert hub_lets_us_in(emsp)


def test_a_hub_whose_confirming_put_keeps_the_token(emsp: Emsp) -> None:
    emsp.hub.admin.change_settings(credentials={"confirming_put_rotates": False, "url_is_details": True})
    emsp.registered()
    assert hub_lets_us_in(emsp)
    assert emsp.credentials.read().versions_url == emsp.hub.versions_url


def test_a_registration_is_restartable_at_every_point(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever step it dies at, the same call again ends registered, but for an answer not stored yet."""
    lost = []
    for step in itertools.count(1):
        payload = {
            "action": "register",
            "versions_url": emsp.hub.versions_url,
            "token": emsp.hub.admin.invite(),
        }
        with monkeypatch.context() as patch:
            crash = CrashAt(patch, step)
            try:
                emsp.register(**payload)
            except Crash:
                pass
            else:
                break
        if POSTED not in crash.steps[-1:] and crash.steps[-2:] != [
            POSTED,
            "before HubCredentialsStore.write",
        ]:
            emsp.register(**payload)
            assert hub_lets_us_in(emsp), crash.steps[-1]
            assert emsp.register(action="status")["pending"] is None
        else:
            lost.append(step)
            with pytest.raises(InitialTokenSpent, match="new initial token"):
                emsp.register(**payload)
        registration = emsp.hub.admin.registrations()[-1]
        newest = registration["received_tokens"][-1:]
        live = {f"sha256:{each.sha256[:16]}" for each in emsp.inbound.read()}
        assert set(newest) <= live, f"the Hub was told a token that we would not accept: {crash.steps[-1]}"
    assert step > 25
    assert len(lost) == 2


def test_a_rotation_is_restartable_at_every_point(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> None:
    emsp.registered()
    for step in itertools.count(1):
        with monkeypatch.context() as patch:
            crash = CrashAt(patch, step)
            try:
                emsp.register(action="rotate")
            except Crash:
                pass
            else:
                break
        assert hub_lets_us_in(emsp), f"locked out by a crash {crash.steps[-1]}"
        assert we_let_the_hub_in(emsp), f"the Hub is locked out by a crash {crash.steps[-1]}"
        before = emsp.credentials.read()
        agreed = before.pending is not None and before.pending.confirmed
        emsp.register(action="rotate")
        assert (emsp.credentials.read().token == before.token) is agreed, (
            "what is agreed is not rotated again"
        )
        assert [each.not_after for each in emsp.inbound.read()][-1] is None
        assert hub_lets_us_in(emsp)
        assert we_let_the_hub_in(emsp)
    assert step > 15


def test_after_a_rotation_the_old_token_lapses_by_itself(emsp: Emsp) -> None:
    emsp.registered()
    [old] = emsp.inbound.read()
    emsp.register(action="rotate")
    kept, new = emsp.inbound.read()
    assert kept.sha256 == old.sha256
    assert kept.not_after is not None
    assert timedelta(hours=23, minutes=59) < kept.not_after - datetime.now(UTC) <= timedelta(hours=24)
    assert new.not_after is None


def test_a_new_token_that_the_hub_does_not_know_itself_is_not_used(emsp: Emsp) -> None:
    emsp.registered()
    before = emsp.credentials.read().token
    emsp.hub.admin.add_fault("status", module="credentials", method="GET", http_status=401, status_code=2002)
    emsp.register(action="rotate")
    stored = emsp.credentials.read()
    assert (stored.token, stored.pending) == (before, None)
    assert hub_lets_us_in(emsp)
    assert stored.previous_token not in ("", before), "it may work later"
    emsp.hub.admin.revoke_tokens("old")
    assert emsp.register(action="verify")["registered"] is True
    assert emsp.credentials.read().token == stored.previous_token


def test_the_overlap_is_a_setting(emsp: Emsp) -> None:
    emsp.registered()
    emsp.environment["TOKEN_OVERLAP_HOURS"] = "2"
    emsp.register(action="rotate")
    kept, _ = emsp.inbound.read()
    assert kept.not_after is not None
    assert kept.not_after - datetime.now(UTC) <= timedelta(hours=2)


def test_a_warm_lambda_goes_on_after_a_rotation_and_a_revocation(emsp: Emsp) -> None:
    """Its token is refused, so it reads the new one, once, and the call succeeds."""
    emsp.registered()
    client = connect_to_hub(emsp.settings)
    emsp.register(action="rotate")
    emsp.hub.admin.revoke_tokens("old")
    [kept] = _clients.values()
    kept._read_at -= 11
    url = client.endpoint("credentials", "RECEIVER")
    emsp.hub.admin.forget_requests()
    assert client.call(HubRequest("GET", url, routed=False)).data
    assert [each["http_status"] for each in emsp.hub.admin.requests()] == [401, 200]


def test_a_token_that_stays_refused_is_not_tried_for_ever(emsp: Emsp) -> None:
    emsp.registered()
    client = connect_to_hub(emsp.settings)
    emsp.hub.admin.revoke_tokens("all")
    emsp.hub.admin.forget_requests()
    with pytest.raises(Unauthorized, match="register"):
        client.call(HubRequest("GET", client.connection.versions_url, routed=False))
    assert len(emsp.hub.admin.requests()) == 1


def test_verify_reads_the_endpoints_again(emsp: Emsp) -> None:
    emsp.registered()
    before = emsp.register(action="status")
    told = emsp.register(action="verify")
    assert told["verified_at"] > before["verified_at"]  # type: ignore[operator]
    assert told["endpoints"] == before["endpoints"]
    emsp.hub.admin.revoke_tokens("all")
    with pytest.raises(Unauthorized):
        emsp.register(action="verify")


@pytest.mark.parametrize("action", ["rotate", "verify"])
def test_nothing_to_rotate_or_verify_before_registration(emsp: Emsp, action: str) -> None:
    with pytest.raises(NotRegistered, match="run register"):
        emsp.register(action=action)


def test_without_the_modules_that_we_need_nothing_is_posted(emsp: Emsp) -> None:
    endpoint = {"identifier": "credentials", "role": "RECEIVER", "url": f"{emsp.hub.url}/ocpi/x"}
    details = {"data": {"version": "2.2.1", "endpoints": [endpoint]}, "status_code": 1000}
    emsp.hub.admin.add_fault("body", module="version_details", body=json.dumps(details), times=None)
    with pytest.raises(NoEndpoint, match="tokens"):
        emsp.registered()
    assert emsp.hub.admin.requests(module="credentials") == []


@pytest.mark.parametrize(
    ("module", "body"),
    [
        ("versions", '[{"version": "2.2.1", "url": "https://elsewhere.example.com/ocpi/2.2.1"}]'),
        (
            "version_details",
            """{"version": "2.2.1", "endpoints":
            [{"identifier": "credentials", "role": "RECEIVER", "url": "http://169.254.169.254/x"}]}""",
        ),
    ],
)
def test_no_token_goes_to_a_url_elsewhere(emsp: Emsp, module: str, body: str) -> None:
    enveloped = f'{{"data": {body}, "status_code": 1000}}'
    emsp.hub.admin.add_fault("body", module=module, body=enveloped, times=None)
    with pytest.raises(ForeignUrl):
        emsp.registered()
    assert emsp.credentials.read().token == ""


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"action": "delete"}, "action"),
        ({"action": "register"}, "versions_url"),
        ({"action": "register", "versions_url": "https://hub.example.com/ocpi/versions"}, "token"),
        ({"action": "rotate", "token": "x"}, "token"),
    ],
)
def test_a_payload_that_can_not_be_used(emsp: Emsp, payload: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInvocation, match=named):
        emsp.register(**payload)


def test_no_token_is_in_any_log_line_error_or_answer(emsp: Emsp, capsys: pytest.CaptureFixture[str]) -> None:
    seen = []
    initial = emsp.hub.admin.invite()
    told = emsp.register(action="register", versions_url=emsp.hub.versions_url, token=initial)
    seen += [initial, emsp.credentials.read().token]
    rotated = emsp.register(action="rotate")
    seen.append(emsp.credentials.read().token)
    emsp.hub.admin.add_fault("cut_json", module="credentials", method="PUT")
    with pytest.raises(Exception, match="cut short") as raised:
        emsp.register(action="rotate")
    pending = emsp.credentials.read().pending
    assert pending is not None
    seen.append(pending.our_token)
    written = (
        capsys.readouterr().out + str(told) + str(rotated) + str(raised.value) + repr(emsp.credentials.read())
    )
    assert not [token for token in seen if token in written]
    assert "X-Request-ID" in str(raised.value)


def refusing(emsp: Emsp, method: str) -> None:
    emsp.hub.admin.add_fault(
        "status", module="credentials", method=method, http_status=200, status_code=2000, status_message="No"
    )


def test_a_hub_that_refuses_us_keeps_no_token_of_ours(emsp: Emsp) -> None:
    refusing(emsp, "POST")
    with pytest.raises(Refused):
        emsp.registered()
    assert emsp.inbound.read() == ()
    assert emsp.credentials.read().pending is None
    assert emsp.registered().register(action="status")["registered"] is True


def test_a_refused_rotation_leaves_all_as_it_was(emsp: Emsp) -> None:
    emsp.registered()
    before = emsp.inbound.read()
    refusing(emsp, "PUT")
    with pytest.raises(Refused):
        emsp.register(action="rotate")
    assert emsp.inbound.read() == before
    assert emsp.credentials.read().pending is None
    assert hub_lets_us_in(emsp)


@pytest.mark.parametrize("action", ["register", "rotate"])
def test_a_token_that_the_hub_may_have_is_good_for_the_overlap_only(emsp: Emsp, action: str) -> None:
    """A refusal after a lost answer proves nothing: the first try may have been taken."""
    payload = {"action": "rotate"}
    if action == "rotate":
        emsp.registered()
    else:
        token = emsp.hub.admin.invite()
        payload = {"action": "register", "versions_url": emsp.hub.versions_url, "token": token}
    method = {"register": "POST", "rotate": "PUT"}[action]
    emsp.hub.admin.add_fault("drop", module="credentials", method=method)
    with pytest.raises(Unavailable):
        emsp.register(**payload)
    refusing(emsp, method)
    with pytest.raises(Refused):
        emsp.register(**payload)
    pending = emsp.credentials.read().pending
    assert pending is not None
    [issued] = [each for each in emsp.inbound.read() if each.sha256 == hash_token(pending.our_token)]
    assert issued.not_after is not None
    assert issued.not_after - datetime.now(UTC) <= timedelta(hours=24)
    emsp.register(**payload)
    [*_, newest] = emsp.inbound.read()
    assert (newest.sha256, newest.not_after) == (issued.sha256, None)
    assert emsp.credentials.read().pending is None


@pytest.mark.parametrize("token", ["ключ", "a\r\nX-Evil: 1", "a\u0000b", ""])
def test_a_token_of_the_hubs_that_no_header_could_carry(emsp: Emsp, token: str) -> None:
    role = {"role": "HUB", "business_details": {"name": "Hub"}, "party_id": "CIH", "country_code": "IN"}
    data = {"token": token, "url": emsp.hub.versions_url, "roles": [role]}
    body = json.dumps({"data": data, "status_code": 1000})
    emsp.hub.admin.add_fault("body", module="credentials", method="POST", body=body)
    with pytest.raises(MalformedAnswer, match="printable ASCII") as raised:
        emsp.registered()
    assert not token or token not in str(raised.value)
    assert emsp.credentials.read().token == ""


@pytest.mark.parametrize("token", ["ключ", "a\r\nX-Evil: 1"])
def test_an_initial_token_that_no_header_could_carry(emsp: Emsp, token: str) -> None:
    with pytest.raises(InvalidInvocation, match="printable ASCII"):
        emsp.register(action="register", versions_url=emsp.hub.versions_url, token=token)


def test_registering_with_another_hub_is_a_new_registration(emsp: Emsp) -> None:
    emsp.registered()
    first = emsp.credentials.read()
    emsp.credentials.write(replace(first, registered_at="2026-01-01T00:00:00+00:00"))
    emsp.registered()
    assert emsp.credentials.read().registered_at == "2026-01-01T00:00:00+00:00", "with the same Hub it stays"
    with a_hub() as other:
        token = other.admin.invite()
        emsp.register(action="register", versions_url=other.versions_url, token=token)
    assert emsp.credentials.read().registered_at > first.registered_at
