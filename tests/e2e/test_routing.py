"""Which CPO a call is for when the caller does not say: told by the catalogue that was pulled."""

from contextlib import suppress
from typing import Any

import pytest

from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import InvocationFailed, Stack


@pytest.fixture(name="seen")
def pulled_and_seen(stack: Stack) -> Any:
    """A function that authorizes at a location without `to`, and returns the request's headers at the Hub."""
    with HubSimulator(locations=12, cpos=3) as hub:
        registration = {"action": "register", "versions_url": hub.versions_url, "token": hub.admin.invite()}
        stack.invoke("register", registration)
        stack.invoke("pull_locations", {"mode": "full", "restart": True, "vanish_share": 1})

        def authorized_at(location_id: str) -> dict[str, str]:
            hub.admin.forget_requests()
            with suppress(InvocationFailed):  # the Hub refuses what it can't tell apart either
                stack.invoke("authorize_token", {"token_uid": "DRIVER-7", "location_id": location_id})
            [request] = [each for each in hub.admin.requests() if each["path"].endswith("/authorize")]
            return {name.lower(): value for name, value in request["headers"].items()}

        yield authorized_at, hub


def test_the_owner_of_a_location_is_looked_up(seen: Any) -> None:
    authorized_at, hub = seen
    location = next(each for each in hub.admin.objects("locations") if each["id"] != "SITE-1")
    headers = authorized_at(location["id"])
    assert headers["ocpi-to-country-code"] == location["country_code"].upper()
    assert headers["ocpi-to-party-id"] == location["party_id"].upper()


def test_an_id_that_several_cpos_use_is_left_to_the_hub(seen: Any) -> None:
    authorized_at, _ = seen
    assert "ocpi-to-party-id" not in authorized_at("SITE-1")
