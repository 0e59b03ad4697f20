"""Warm Lambdas keep the Hub's credentials, and drop them the moment they change."""

from emsp.connection import hub_connection
from emsp.deadline import Deadline
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
    connection = hub_connection.connect_to_hub(emsp.settings).connection
    assert hub_connection.connect_to_hub(emsp.settings).connection is connection


def _authorized_at(emsp: Emsp, hub: HubSimulator) -> int:
    """Authorize a token; how many such requests this Hub saw."""
    use_case = AuthorizeToken(
        hub_connection.connect_to_hub(emsp.settings), emsp.locations, emsp.parties, emsp.tokens, ISSUER
    )
    assert use_case({"token_uid": "DRIVER-1"}, Deadline.after(10))["allowed"] == "ALLOWED"
    return sum(seen["path"].endswith("/authorize") for seen in hub.admin.requests(method="PUT"))
