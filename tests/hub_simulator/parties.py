"""The parties at the Hub with their connection states (hubclientinfo), and the health probe."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tests.hub_simulator.auth import Registration
from tests.hub_simulator.envelope import dump, now, timestamp
from tests.hub_simulator.generate import EPOCH
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.networks import Cpo
from tests.hub_simulator.object_list import object_key
from tests.hub_simulator.outbound import Outbound, authorization
from tests.hub_simulator.settings import HubSettings


class ConnectionState(StrEnum):
    """OCPI's ConnectionStatus of a party."""

    CONNECTED = "CONNECTED"
    OFFLINE = "OFFLINE"
    PLANNED = "PLANNED"
    SUSPENDED = "SUSPENDED"


@dataclass
class Party:
    """One ClientInfo."""

    country_code: str
    party_id: str
    role: str
    status: ConnectionState
    updated: datetime

    def encoded(self) -> bytes:
        """The ClientInfo object."""
        return dump(self.client_info())

    def client_info(self) -> JsonObject:
        """The ClientInfo object."""
        return {
            "party_id": self.party_id,
            "country_code": self.country_code,
            "role": self.role,
            "status": self.status.value,
            "last_updated": timestamp(self.updated),
        }


class Parties:
    """Every CPO, and every eMSP that has registered."""

    def __init__(self, settings: HubSettings, cpos: tuple[Cpo, ...], outbound: Outbound) -> None:
        self.settings = settings
        self.outbound = outbound
        self.all: dict[tuple[str, str, str], Party] = {}
        for cpo in cpos:
            key = object_key(cpo.country_code, cpo.party_id, "CPO")
            self.all[key] = Party(*key, ConnectionState.CONNECTED, EPOCH)

    def connected(self, registration: Registration) -> None:
        """Record that an eMSP has exchanged credentials."""
        key = object_key(registration.country_code, registration.party_id, "EMSP")
        self.all.setdefault(key, Party(*key, ConnectionState.PLANNED, now()))
        self.set_state(registration.country_code, registration.party_id, ConnectionState.CONNECTED)

    def forget(self, registration: Registration) -> None:
        """Remove an eMSP that has unregistered."""
        self.all.pop(object_key(registration.country_code, registration.party_id, "EMSP"), None)

    def find(self, country_code: str, party_id: str) -> list[Party]:
        """The party in each of its roles."""
        wanted = (country_code.upper(), party_id.upper())
        return [party for key, party in self.all.items() if key[:2] == wanted]

    def set_state(self, country_code: str, party_id: str, status: ConnectionState) -> bool:
        """Change a party's state, and its last_updated if the state differs. Returns False if there is no
        such party.
        """
        found = self.find(country_code, party_id)
        for party in found:
            if party.status is not status:
                party.status = status
                party.updated = now()
        return bool(found)

    def reachable(self, country_code: str, party_id: str) -> bool:
        """Whether the Hub can reach the party now."""
        return any(p.status is ConnectionState.CONNECTED for p in self.find(country_code, party_id))

    def select(self, date_from: datetime | None, date_to: datetime | None) -> list[Party]:
        """Parties whose state changed in date_from <= last_updated < date_to."""
        return [
            party
            for party in self.all.values()
            if (date_from is None or party.updated >= date_from)
            and (date_to is None or party.updated < date_to)
        ]

    async def probe(self, registration: Registration) -> JsonObject:
        """GET the eMSP's versions, as the Hub does every minute. A slow or incorrect answer makes it
        OFFLINE.
        """
        answer = await self.outbound.call(
            "GET",
            registration.url,
            authorization=authorization(registration.received[-1], self.settings.pushes.token_encoding),
            timeout_s=self.settings.probe_timeout_s,
        )
        healthy = answer.ok and isinstance(answer.data, list | dict)
        state = ConnectionState.CONNECTED if healthy else ConnectionState.OFFLINE
        suspended = any(
            p.status is ConnectionState.SUSPENDED
            for p in self.find(registration.country_code, registration.party_id)
        )
        if not suspended:
            self.set_state(registration.country_code, registration.party_id, state)
        return {
            "party": registration.party,
            "healthy": healthy,
            "http_status": answer.http_status,
            "status_code": answer.status_code,
            "error": answer.error,
            "took_s": round(answer.took_s, 4),
        }
