"""register against the simulated Hub: exchange, restart after a crash at any point, rotation."""

import pytest

from emsp.hub.errors import Unauthorized
from tests.integration.realtime.conftest import Emsp


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
    methods = [(each["method"], each["module"]) for each in emsp.hub.admin.requests(module="credentials")]
    assert methods == [("POST", "credentials"), ("PUT", "credentials"), ("GET", "credentials")]


def test_a_wrong_initial_token_leaves_nothing_behind(emsp: Emsp) -> None:
    with pytest.raises(Unauthorized):
        emsp.register(action="register", versions_url=emsp.hub.versions_url, token="wrong")
    assert emsp.register(action="status")["registered"] is False
    assert emsp.inbound.read() == ()
