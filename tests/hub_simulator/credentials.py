"""The credentials module: how an eMSP registers, rotates its tokens and unregisters."""

import json
from typing import Any

from tests.hub_simulator.auth import Caller, Registration, Registrations
from tests.hub_simulator.envelope import Refusal, bad_parameters, forbidden, success
from tests.hub_simulator.http_server import Response
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.outbound import Outbound, authorization
from tests.hub_simulator.parties import Parties
from tests.hub_simulator.settings import HubSettings


class Credentials:
    """GET, POST, PUT and DELETE of the credentials object."""

    def __init__(
        self, settings: HubSettings, registrations: Registrations, parties: Parties, outbound: Outbound
    ) -> None:
        self.settings = settings
        self.registrations = registrations
        self.parties = parties
        self.outbound = outbound

    async def answer(self, method: str, caller: Caller, body: bytes, base_url: str) -> Response:
        """Answer one request; `base_url` is the Hub's own, up to and including /ocpi."""
        registration = caller.registration
        match method:
            case "GET":
                token = (
                    registration.issued[-1] if self.settings.credentials.get_tells_newest else caller.token
                )
                return success(self._ours(token.value, base_url))
            case "POST":
                if registration.registered and not caller.token.initial:
                    raise Refusal(2000, "Already registered: use PUT", 405)
                await self._take(registration, body)
                return success(self._ours(self.registrations.give_token(registration), base_url))
            case "PUT":
                if not registration.registered:
                    raise Refusal(2000, "Not registered: use POST", 405)
                await self._take(registration, body)
                confirming = not registration.confirmed
                registration.confirmed = True
                if confirming and not self.settings.credentials.confirming_put_rotates:
                    return success(self._ours(caller.token.value, base_url))
                if self.settings.credentials.without_token:
                    return success({**self._ours("", base_url), "token": None})
                return success(self._ours(self.registrations.give_token(registration), base_url))
            case "DELETE":
                if not registration.registered:
                    raise Refusal(2000, "Not registered", 405)
                self.registrations.all.remove(registration)
                self.parties.forget(registration)
                return success(None)
            case _:
                raise Refusal(2000, f"{method} is not possible here", 405)

    def _ours(self, token: str, base_url: str) -> JsonObject:
        role = {
            "role": "HUB",
            "business_details": {"name": "Charging India Hub (simulated)"},
            "party_id": self.settings.party_id,
            "country_code": self.settings.country_code,
        }
        path = "/2.2.1" if self.settings.credentials.url_is_details else "/versions"
        return {
            "token": token,
            "url": base_url + path,
            "roles": [role],
            **self.settings.credentials.changes,
        }

    async def _take(self, registration: Registration, body: bytes) -> None:
        """Check the eMSP's credentials, read its versions with them, and then store them."""
        sent = _checked(body)
        endpoints: list[JsonObject] = []
        if self.settings.credentials.verify_versions:
            endpoints = await self._endpoints(sent["url"], sent["token"])
        role = next(role for role in sent["roles"] if role.get("role") == "EMSP")
        registration.country_code = role["country_code"].upper()
        registration.party_id = role["party_id"].upper()
        registration.roles = sent["roles"]
        registration.url = sent["url"]
        registration.endpoints = endpoints
        if sent["token"] not in registration.received:
            registration.received.append(sent["token"])
        registration.registered = True
        for older in [r for r in self.registrations.all if r is not registration]:
            if older.owns(registration.country_code, registration.party_id):
                self.registrations.all.remove(older)
        self.parties.connected(registration)

    async def _endpoints(self, url: str, token: str) -> list[JsonObject]:
        """The eMSP's endpoints: through the versions list, or directly if `url` is the URL of the version
        details.
        """
        answer = await self._get(url, token)
        if isinstance(answer, list):
            details = [v.get("url") for v in answer if isinstance(v, dict) and v.get("version") == "2.2.1"]
            if not details:
                raise Refusal(3002, f"No version 2.2.1 at {url}", 200)
            answer = await self._get(str(details[0]), token)
        endpoints = answer.get("endpoints") if isinstance(answer, dict) else None
        if not isinstance(endpoints, list):
            raise Refusal(3001, f"Neither versions nor version details at {url}", 200)
        found = {e.get("identifier") for e in endpoints if e.get("role") == "RECEIVER"}
        if missing := {"sessions", "cdrs"} - found:
            raise Refusal(3003, f"Missing RECEIVER endpoints: {', '.join(sorted(missing))}", 200)
        return endpoints

    async def _get(self, url: str, token: str) -> Any:
        answer = await self.outbound.call(
            "GET",
            url,
            authorization=authorization(token, self.settings.pushes.token_encoding),
            timeout_s=self.settings.credentials.timeout_s,
        )
        if not answer.ok:
            why = answer.error or f"HTTP {answer.http_status}, status_code {answer.status_code}"
            raise Refusal(3001, f"GET {url} failed: {why}", 200)
        return answer.data


def _checked(body: bytes) -> JsonObject:
    try:
        sent = json.loads(body)
    except ValueError as e:
        raise bad_parameters("The body is not JSON") from e
    if not isinstance(sent, dict):
        raise bad_parameters("The body is not a Credentials object")
    token, url, roles = sent.get("token"), sent.get("url"), sent.get("roles")
    if not isinstance(token, str) or not 1 <= len(token) <= 64 or not all("!" <= c <= "~" for c in token):
        raise bad_parameters("token must be 1 to 64 printable ASCII characters without spaces")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or len(url) > 255:
        raise bad_parameters("url must be an absolute URL of at most 255 characters")
    if not isinstance(roles, list) or not roles or not all(isinstance(role, dict) for role in roles):
        raise bad_parameters("roles must be a list of at least one CredentialsRole")
    for role in roles:
        if len(str(role.get("party_id", ""))) != 3 or len(str(role.get("country_code", ""))) != 2:
            raise bad_parameters("each role needs a party_id of 3 and a country_code of 2 characters")
        details = role.get("business_details")
        if not isinstance(details, dict) or not isinstance(details.get("name"), str):
            raise bad_parameters("each role needs business_details with a name")
    if not any(role.get("role") == "EMSP" for role in roles):
        raise forbidden("Only a party with the role EMSP may register here")
    return sent
