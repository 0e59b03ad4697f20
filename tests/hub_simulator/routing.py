"""Finds the CPO for a request: by its OCPI-to headers, or by its content."""

import json

from tests.hub_simulator.auth import Caller
from tests.hub_simulator.catalogue import Catalogue
from tests.hub_simulator.envelope import Refusal, bad_parameters, forbidden, not_found
from tests.hub_simulator.http_server import Request
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.object_list import Entry, object_key
from tests.hub_simulator.parties import Parties
from tests.hub_simulator.settings import HubSettings


def parse_object(body: bytes) -> JsonObject:
    """The body as a JSON object. Raises Refusal with 2001."""
    try:
        value = json.loads(body)
    except ValueError as e:
        raise bad_parameters("The body is not JSON") from e
    if not isinstance(value, dict):
        raise bad_parameters("The body is not a JSON object")
    return value


class Routing:
    """The Hub's routing rules."""

    def __init__(self, settings: HubSettings, catalogue: Catalogue, parties: Parties) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.parties = parties

    def not_routed(self, party: tuple[str, str]) -> Refusal:
        """The refusal for a CPO without a routing rule."""
        message = f"NOT_ROUTED: no routing rule for {party[0]}*{party[1]}"
        return Refusal(self.settings.not_routed_code, message, 404)

    def check_sender(self, request: Request, caller: Caller) -> None:
        """Check that OCPI-from, if given, is a party of the caller."""
        country_code = request.headers.get("ocpi-from-country-code")
        party_id = request.headers.get("ocpi-from-party-id")
        if (country_code or party_id) and not caller.registration.owns(country_code, party_id):
            raise forbidden(f"Party mismatch: OCPI-from is {country_code}*{party_id}, not the token's party")

    def addressed(self, request: Request) -> tuple[str, str] | None:
        """The CPO in OCPI-to; None if it is missing or names the Hub itself."""
        country_code = request.headers.get("ocpi-to-country-code", "").upper()
        party_id = request.headers.get("ocpi-to-party-id", "").upper()
        if not country_code and not party_id:
            return None
        if (country_code, party_id) == (self.settings.country_code, self.settings.party_id):
            return None
        if not self.catalogue.routed(country_code, party_id):
            raise self.not_routed((country_code, party_id))
        return country_code, party_id

    def location(self, request: Request, location_id: str) -> Entry:
        """The location with this id, of the addressed CPO or of the only CPO that has it."""
        party = self.addressed(request)
        if party is not None:
            entry = self.catalogue.locations.get(object_key(*party, location_id))
            if entry is None:
                raise not_found(f"Unknown location {location_id} at {party[0]}*{party[1]}")
            return entry
        found = self.catalogue.locations_called(location_id)
        if not found:
            hidden = [
                cpo
                for cpo in self.catalogue.by_party
                if self.catalogue.locations.get(object_key(*cpo, location_id)) is not None
            ]
            raise self.not_routed(hidden[0]) if hidden else not_found(f"Unknown location {location_id}")
        if len(found) > 1:
            owners = ", ".join(f"{entry.key[0]}*{entry.key[1]}" for entry in found)
            message = f"Location {location_id} exists at {owners}: say which with OCPI-to headers"
            raise Refusal(2000, message, 400)
        return found[0]

    def check_reachable(self, party: tuple[str, str]) -> None:
        """Raises Refusal with 4003 if the CPO is not connected."""
        if not self.parties.reachable(*party):
            raise Refusal(4003, f"{party[0]}*{party[1]} is not connected", 200)
