"""Find parties in the Hub's list, with their states, as the last check_hub read it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

from emsp.invocation import Payload, in_upper_case, read_payload
from emsp.ocpi.hubclientinfo import ConnectionState
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.types.classes import Role
from emsp.stores.parties import PartyStore

CountryCode = Annotated[str, BeforeValidator(in_upper_case), Field(pattern="^[A-Z]{2}$")]
PartyCode = Annotated[str, BeforeValidator(in_upper_case), Field(pattern="^[A-Z0-9]{3}$")]


class FindPartiesRequest(Payload):
    """The payload of find_parties: filters. All are optional."""

    country_code: CountryCode | None = None
    party_id: PartyCode | None = None
    role: Annotated[Role, BeforeValidator(in_upper_case)] | None = None
    status: Annotated[ConnectionState, BeforeValidator(in_upper_case)] | None = None


@dataclass(frozen=True)
class FindParties:
    """Filters the stored list of parties."""

    parties: PartyStore

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return the parties that match all filters. Raises InvalidInvocation and StoreUnavailable.

        The answer is `{"parties": [{"country_code", "party_id", "role", "status", "last_updated"}],
        "checked_at"}`. `checked_at` is null before the first check.
        """
        wanted = {
            name: str(value) for name, value in read_payload(FindPartiesRequest, payload) if value is not None
        }
        states, checked_at = self.parties.listed()
        answered = [state.as_json() for state in states]
        found: list[JsonValue] = [
            dict(each)
            for each in answered
            if all(each[name].upper() == value for name, value in wanted.items())
        ]
        return {"parties": found, "checked_at": checked_at}
