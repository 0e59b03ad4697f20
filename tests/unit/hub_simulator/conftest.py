"""A running Hub, our side of it, and the two connected."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.simulator import HubSimulator
from tests.unit.hub_simulator.emsp_side import FakeEmsp, Reply, call

FAST: dict[str, Any] = {
    "charging": {"pending_s": 0.03, "update_every_s": 0.03, "max_session_s": 5.0, "cdr_after_s": 0.01},
    "commands": {"callback_delay_s": 0.02},
    "pushes": {"first_backoff_s": 0.02, "max_backoff_s": 0.1, "max_attempts": 4},
}


@dataclass
class Connected:
    """The Hub and us, after the credentials exchange."""

    hub: HubSimulator
    emsp: FakeEmsp
    token: str

    def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Reply:
        url = path if path.startswith("http") else f"{self.hub.url}/ocpi/2.2.1/{path}"
        return call(method, url, self.token, body, headers=headers)

    def token_object(self, uid: str = "DRIVER-1") -> JsonObject:
        return {
            "country_code": "IN",
            "party_id": "EMS",
            "uid": uid,
            "type": "APP_USER",
            "contract_id": f"IN-EMS-{uid}",
            "issuer": "Our eMSP",
            "valid": True,
            "whitelist": "NEVER",
            "last_updated": "2026-01-01T00:00:00Z",
        }

    def start(self, location: JsonObject, number: str = "1", **fields: Any) -> Reply:
        """START_SESSION at a location's first EVSE."""
        body = {
            "response_url": f"{self.emsp.url}/commands/START_SESSION/{number}",
            "token": self.token_object(),
            "location_id": location["id"],
            "evse_uid": location["evses"][0]["uid"],
            **fields,
        }
        return self.call("POST", "commands/START_SESSION", body)

    def come(self, beginning: str, count: int) -> list[JsonObject]:
        """What the eMSP received at these paths, as soon as it is so many; after 10 s whatever it is."""
        deadline = time.monotonic() + 10
        while len(self.emsp.bodies(beginning)) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.emsp.bodies(beginning)

    def stop(self, session_id: str) -> Reply:
        url = f"{self.emsp.url}/commands/STOP_SESSION/1"
        return self.call("POST", "commands/STOP_SESSION", {"response_url": url, "session_id": session_id})


@pytest.fixture
def emsp() -> Iterator[FakeEmsp]:
    server = FakeEmsp()
    yield server
    server.close()


@pytest.fixture
def hub() -> Iterator[HubSimulator]:
    with HubSimulator(locations=40, **FAST) as running:
        yield running


@pytest.fixture
def connected(hub: HubSimulator, emsp: FakeEmsp) -> Connected:
    initial = hub.admin.invite()
    reply = call("POST", f"{hub.url}/ocpi/2.2.1/credentials", initial, emsp.credentials())
    return Connected(hub, emsp, reply.data["token"])
