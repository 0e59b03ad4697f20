"""What we send to the Hub about us: our credentials and our URLs."""

from dataclasses import dataclass
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.ocpi.types.classes import Role

VERSIONS: Final = "/ocpi/versions"
RECEIVERS: Final = {
    "versions": VERSIONS,
    "credentials": "/ocpi/2.2.1/credentials",
    "sessions": "/ocpi/2.2.1/sessions",
    "cdrs": "/ocpi/2.2.1/cdrs",
    "command_results": "/ocpi/2.2.1/commands",
}
"""The paths of the URLs that the Hub's account team asks for.

The Hub calls sessions (PUT, PATCH, GET) below `{country_code}/{party_id}/{session_id}`. It POSTs the result
of a command to the `response_url` of that command.
"""


@dataclass(frozen=True)
class OurParty:
    """The facts about us in our credentials."""

    party: PartyId
    business_name: str
    website: str | None

    def credentials(self, token: str, versions_url: str) -> JsonObject:
        """Return our Credentials object with `token`, which the Hub then uses to call us."""
        business_details: JsonObject = {"name": self.business_name}
        if self.website:
            business_details["website"] = self.website
        role: JsonObject = {
            "role": Role.EMSP.value,
            "business_details": business_details,
            "party_id": self.party.party_id,
            "country_code": self.party.country_code,
        }
        return {"token": token, "url": versions_url, "roles": [role]}


def receiver_urls(base_url: str) -> JsonObject:
    """Return our URLs that the Hub calls, under `base_url` (`https://ocpi.example.com`)."""
    return {name: base_url + path for name, path in RECEIVERS.items()}
