"""Warm Lambdas keep the Hub's credentials, and drop them the moment they change."""

from dataclasses import replace
from unittest.mock import MagicMock

import pytest

from emsp.connection import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import NoEndpoint, NotFound, NotRegistered, Unauthorized
from emsp.hub.request import HubRequest
from emsp.hub.timed_connections import trust
from emsp.hub.transport import Transport
from emsp.ocpi.headers import authorization_header
from emsp.settings import Settings
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore
from emsp.stores.table import StoreUnavailable
from emsp.tokens.authorize_token import AuthorizeToken
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.emsp_side import ISSUER, OURS, Emsp


def test_a_warm_lambda_calls_the_hub_that_was_registered_last(emsp: Emsp) -> None:
    emsp.registered()
    assert _authorized_at(emsp, emsp.hub) == 1

    with HubSimulator(credentials={"verify_versions": False}) as other:
        emsp.register(action="register", versions_url=other.versions_url, token=other.admin.invite())
        emsp.hub.admin.forget_requests()
        assert _authorized_at(emsp, other) == 1
        assert emsp.hub.admin.requests() == []


def test_the_credentials_are_not_read_again_while_nothing_changes(emsp: Emsp) -> None:
    emsp.registered()
    connection = connect_to_hub.connect_to_hub(emsp.settings).connection
    assert connect_to_hub.connect_to_hub(emsp.settings).connection is connection


def test_new_credentials_are_read_while_the_request_waits_for_the_quota(emsp: Emsp) -> None:
    """The new token and the new path come only after the quota was asked for. The request has both."""
    old = connect_to_hub.connect_to_hub(emsp.registered().settings).connection
    moved = tuple(each._replace(url=f"{each.url}/moved") for each in old.endpoints)
    new = replace(old, token="the new token", endpoints=moved)
    quota, transport = MagicMock(), MagicMock()
    transport.send.side_effect = NotFound("no such token")
    client = HubClient(old, OURS, quota, transport=transport)

    def read() -> HubConnection:
        quota.take.assert_called_once()
        transport.send.assert_not_called()
        return new

    client.renew(read)
    url = client.endpoint("tokens", "RECEIVER", "IN", "EMS", "T-1")
    for _ in range(2):
        with pytest.raises(NotFound):
            client.call(HubRequest("GET", url, quota_module="authorize"))
        [sent], named = transport.send.call_args
        assert sent == new.endpoint("tokens", "RECEIVER", "IN", "EMS", "T-1")
        assert named["headers"]["Authorization"] == authorization_header("the new token", new.token_encoding)
        url = client.endpoint("tokens", "RECEIVER", "IN", "EMS", "T-1")


def test_a_token_that_is_refused_right_after_its_renewal_is_sent_once(emsp: Emsp) -> None:
    old = connect_to_hub.connect_to_hub(emsp.registered().settings).connection
    new = replace(old, token="the new token")
    transport = MagicMock()
    transport.send.side_effect = Unauthorized("no")
    client = HubClient(old, OURS, reread=lambda: new, transport=transport)
    client.renew(lambda: new)
    with pytest.raises(Unauthorized):
        client.call(HubRequest("GET", old.versions_url))
    assert transport.send.call_count == 1


def test_a_warm_lambda_learns_at_once_that_we_are_no_longer_registered(emsp: Emsp) -> None:
    connect_to_hub.connect_to_hub(emsp.registered().settings)
    emsp.credentials.write(HubCredentials())
    for _ in range(2):
        with pytest.raises(NotRegistered):
            connect_to_hub.connect_to_hub(emsp.settings)
    later = connect_to_hub.connect_to_hub(emsp.settings, read_later=True)
    with pytest.raises(NotRegistered):
        later.call(HubRequest("GET", later.endpoint("tokens", "RECEIVER")))


def test_a_warm_lambda_knows_the_endpoints_of_another_hub_before_its_first_request(emsp: Emsp) -> None:
    connect_to_hub.connect_to_hub(emsp.registered().settings)
    with HubSimulator(credentials={"verify_versions": False}) as other:
        emsp.register(action="register", versions_url=other.versions_url, token=other.admin.invite())
        client = connect_to_hub.connect_to_hub(emsp.settings)
        assert client.endpoint("locations", "SENDER").startswith(other.versions_url.rsplit("/ocpi", 1)[0])


def test_an_endpoint_that_only_the_new_credentials_have_is_found(emsp: Emsp) -> None:
    new = connect_to_hub.connect_to_hub(emsp.registered().settings).connection
    client = HubClient(replace(new, endpoints=()), OURS)
    with pytest.raises(NoEndpoint):
        client.endpoint("tokens", "RECEIVER")
    client.renew(lambda: new)
    assert client.endpoint("tokens", "RECEIVER") == new.endpoint("tokens", "RECEIVER")


def test_new_credentials_that_could_not_be_read_are_read_at_the_next_request(
    emsp: Emsp, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = connect_to_hub.connect_to_hub(emsp.registered().settings).connection
    emsp.register(action="rotate")
    with monkeypatch.context() as patch:
        patch.setattr(HubCredentialsStore, "read", MagicMock(side_effect=StoreUnavailable("no")))
        assert connect_to_hub.connect_to_hub(emsp.settings).connection == old
    assert connect_to_hub.connect_to_hub(emsp.settings).connection.token != old.token


def test_credentials_that_cannot_be_read_fail_the_request_not_the_next_one(emsp: Emsp) -> None:
    connection = connect_to_hub.connect_to_hub(emsp.registered().settings).connection
    client = HubClient(connection, OURS)
    client.renew(MagicMock(side_effect=[StoreUnavailable("no"), connection]))
    with pytest.raises(StoreUnavailable):
        client.connection.endpoint("tokens", "RECEIVER")
    assert client.connection is connection


@pytest.mark.parametrize(("allowed", "read"), [("false", 1), ("true", 0)])
def test_the_trusted_roots_are_read_at_init_unless_the_hub_may_be_plain_http(
    emsp: Emsp, monkeypatch: pytest.MonkeyPatch, allowed: str, read: int
) -> None:
    trust = MagicMock()
    monkeypatch.setattr(connect_to_hub, "trust", trust)
    connect_to_hub.prepare_for_hub(Settings({"ALLOW_HTTP_HUB": allowed}))
    assert trust.call_count == read


def test_the_trusted_roots_are_read_once_for_all_connections() -> None:
    urls = ("https://hub.example", "https://other.example", "https://hub.example:8443")
    contexts = {id(Transport()._pool.connection_from_url(url).conn_kw["ssl_context"]) for url in urls}
    assert contexts == {id(trust())}


def _authorized_at(emsp: Emsp, hub: HubSimulator) -> int:
    """Authorize a token; how many such requests this Hub saw."""
    use_case = AuthorizeToken(
        connect_to_hub.connect_to_hub(emsp.settings), emsp.locations, emsp.parties, emsp.tokens, ISSUER
    )
    assert use_case({"token_uid": "DRIVER-1"}, Deadline.after(10))["allowed"] == "ALLOWED"
    return sum(seen["path"].endswith("/authorize") for seen in hub.admin.requests(method="PUT"))
