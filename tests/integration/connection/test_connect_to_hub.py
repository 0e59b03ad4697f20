"""Warm Lambdas keep the Hub's credentials, and drop them the moment they change."""

from unittest.mock import MagicMock

import pytest

from emsp.connection import connect_to_hub
from emsp.deadline import Deadline
from emsp.hub.timed_connections import trust
from emsp.hub.transport import Transport
from emsp.settings import Settings
from emsp.tokens.authorize_token import AuthorizeToken
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.emsp_side import ISSUER, Emsp


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
