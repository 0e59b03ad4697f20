"""Real-time authorization of a token, answered as the CPO would."""

import uuid
from typing import Final

from tests.hub_simulator.auth import Caller
from tests.hub_simulator.envelope import (
    Refusal,
    bad_parameters,
    forbidden,
    not_found,
    now,
    success,
    timestamp,
)
from tests.hub_simulator.http_server import Request, Response
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.routing import Routing, parse_object

ALLOWED: Final = ("NOT_ALLOWED", "ALLOWED", "BLOCKED", "UNKNOWN", "EXPIRED", "NO_CREDIT")


class Authorize:
    """A token is ALLOWED unless its uid starts with another value (BLOCKED-1) or an admin prescribed an
    answer.

    A uid that starts with MISSING is unknown: 2003.
    """

    def __init__(self, routing: Routing) -> None:
        self.routing = routing
        self.prescribed: dict[str, str] = {}
        self.references: dict[str, JsonObject] = {}

    def answer(self, request: Request, caller: Caller, uid: str, party: tuple[str, str] | None) -> Response:
        """AuthorizationInfo. `party` is the eMSP in the path, if there is one."""
        registration = caller.registration
        if party is not None and not registration.owns(*party):
            raise forbidden(f"Party mismatch: {party[0]}*{party[1]} is not the token's party")
        if not 1 <= len(uid) <= 36:
            raise bad_parameters("token_uid must have 1 to 36 characters")
        reference = self._location_reference(request)
        if uid.upper().startswith("MISSING"):
            raise not_found(f"Unknown token {uid}")
        allowed = self._allowed(uid)
        location: JsonObject | None = None
        if reference is not None:
            entry = self.routing.location(request, reference["location_id"])
            if not self.routing.parties.reachable(*entry.key[:2]):
                allowed = "UNKNOWN"
            evses = [evse["uid"] for evse in entry.decoded().get("evses", [])]
            asked = reference.get("evse_uids") or []
            usable = [u for u in asked if u in evses]
            location = {"location_id": reference["location_id"]} | ({"evse_uids": usable} if asked else {})
            if asked and not usable and allowed == "ALLOWED":
                allowed = "NOT_ALLOWED"
        else:
            addressed = self.routing.addressed(request)
            if addressed is not None and not self.routing.parties.reachable(*addressed):
                allowed = "UNKNOWN"
        country_code, party_id = party or (registration.country_code, registration.party_id)
        info: JsonObject = {
            "allowed": allowed,
            "token": {
                "country_code": country_code.upper(),
                "party_id": party_id.upper(),
                "uid": uid,
                "type": request.query.get("type", "APP_USER"),
                "contract_id": f"{country_code}-{party_id}-C{uid}"[:36].upper(),
                "issuer": registration.roles[0]["business_details"]["name"],
                "valid": allowed not in ("BLOCKED", "EXPIRED"),
                "whitelist": "NEVER",
                "last_updated": timestamp(now()),
            },
        }
        if allowed == "ALLOWED":
            info["authorization_reference"] = f"AUTH-{uuid.uuid4().hex[:24]}"
            self.references[info["authorization_reference"]] = info
            if location is not None:
                info["location"] = location
        return success(info)

    def _allowed(self, uid: str) -> str:
        if uid in self.prescribed:
            return self.prescribed[uid]
        return next((value for value in ALLOWED if uid.upper().startswith(value)), "ALLOWED")

    def _location_reference(self, request: Request) -> JsonObject | None:
        if not request.body.strip():
            return None
        reference = parse_object(request.body)
        if not reference:
            return None
        if not isinstance(reference.get("location_id"), str):
            raise bad_parameters("location_id is missing")
        evse_uids = reference.get("evse_uids", [])
        if not isinstance(evse_uids, list) or not all(isinstance(uid, str) for uid in evse_uids):
            raise bad_parameters("evse_uids must be a list of strings")
        return reference

    def prescribe(self, uid: str, allowed: str | None) -> None:
        """Answer `allowed` for this token from now on; None removes that."""
        if allowed is None:
            self.prescribed.pop(uid, None)
        elif allowed in ALLOWED:
            self.prescribed[uid] = allowed
        else:
            raise Refusal(2001, f"allowed is one of {', '.join(ALLOWED)}", 400)
