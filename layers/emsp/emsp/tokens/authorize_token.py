"""Ask the CPO behind the Hub, in real time, whether one of our tokens may charge there."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode
from uuid import uuid4

from emsp import log
from emsp.connection.hub_connection import AUTHORIZE
from emsp.connection.routing import owner_of, unreachable_status
from emsp.hub.answers import HubAnswer
from emsp.hub.client import HubClient
from emsp.hub.deadline import Deadline
from emsp.hub.errors import HubError, MalformedAnswer, Refused
from emsp.hub.retries import Repeatable
from emsp.invocation import (
    InvalidInvocation,
    longest_wait_s,
    optional_id,
    optional_text,
    receiving_party,
    refuse_unknown_fields,
    text,
)
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore

FIELDS: Final = frozenset(
    {
        "token_uid",
        "type",
        "location_id",
        "evse_uids",
        "to",
        "correlation_id",
        "max_wait_s",
    }
)
TOKEN_TYPES: Final = ("AD_HOC_USER", "APP_USER", "OTHER", "RFID")


@dataclass(frozen=True)
class AuthorizationRequest:
    """What is asked: a token of ours, perhaps its type, perhaps where it is to be used and at which CPO."""

    token_uid: str
    token_type: str | None
    location_id: str | None
    evse_uids: tuple[str, ...]
    to: PartyId | None
    correlation_id: str
    max_wait_s: float

    @classmethod
    def of(cls, payload: JsonObject) -> "AuthorizationRequest":
        """Read an invocation's payload. Raises InvalidInvocation."""
        refuse_unknown_fields(payload, FIELDS)
        token_type = optional_text(payload, "type", 36)
        if token_type is not None and token_type not in TOKEN_TYPES:
            raise InvalidInvocation(f"type must be one of {', '.join(TOKEN_TYPES)}")
        location_id = optional_text(payload, "location_id", 36)
        evse_uids = _evse_uids(payload.get("evse_uids"))
        if evse_uids and location_id is None:
            raise InvalidInvocation("evse_uids needs the location_id that they belong to")
        return cls(
            token_uid=text(payload, "token_uid", 36),
            token_type=token_type,
            location_id=location_id,
            evse_uids=evse_uids,
            to=receiving_party(payload),
            correlation_id=optional_id(payload, "correlation_id") or str(uuid4()),
            max_wait_s=longest_wait_s(payload),
        )

    @property
    def body(self) -> JsonObject | None:
        """OCPI's LocationReferences, when a location is given."""
        if self.location_id is None:
            return None
        references: JsonObject = {"location_id": self.location_id}
        if self.evse_uids:
            references["evse_uids"] = list(self.evse_uids)
        return references


@dataclass(frozen=True)
class AuthorizeToken:
    """The use case, with the Hub and what we know of locations and parties."""

    hub: HubClient
    locations: OwnerStore
    parties: PartyStore

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """The Hub's AuthorizationInfo with `request_id`, `correlation_id` and, for a CPO that is not
        connected, `cpo_status`.

        `allowed` may be UNKNOWN (the CPO could not be reached) besides OCPI's values. Raises
        InvalidInvocation, and what emsp.hub.errors lists: NotFound for a token that the CPO does not know,
        RateLimited at once or after `max_wait_s`.
        """
        request = AuthorizationRequest.of(payload)
        log.bind(correlation_id=request.correlation_id)
        to = request.to
        if to is None and request.location_id is not None:
            to = owner_of(self.locations, request.location_id)
        status = unreachable_status(self.parties, to)
        try:
            answer = self._ask(request, to, deadline)
        except HubError as error:
            if status:
                error.args = (f"{error} - the Hub's last word on {to} is {status}",)
            raise
        if not isinstance(answer.data, dict) or not isinstance(answer.data.get("allowed"), str):
            raise MalformedAnswer(
                "the Hub's answer is no AuthorizationInfo, `allowed` is missing "
                f"(X-Request-ID {answer.request_id}, X-Correlation-ID {answer.correlation_id})"
            )
        told: JsonObject = dict(answer.data)
        told["request_id"] = answer.request_id
        told["correlation_id"] = answer.correlation_id
        if status:
            told["cpo_status"] = status
        return told

    def _ask(self, request: AuthorizationRequest, to: PartyId | None, deadline: Deadline) -> HubAnswer:
        """By the Hub's method; where that is not allowed, by OCPI's own."""
        tokens = self.hub.endpoint("tokens", "RECEIVER")
        query = f"?{urlencode({'type': request.token_type})}" if request.token_type else ""
        uid = quote(request.token_uid, safe="")
        ours = f"{self.hub.our_party.country_code}/{self.hub.our_party.party_id}"

        def ask(method: str, path: str) -> HubAnswer:
            return self.hub.call(
                method,
                f"{tokens}/{path}/authorize{query}",
                body=request.body,
                to=to,
                quota_module=AUTHORIZE,
                max_wait_s=request.max_wait_s,
                correlation_id=request.correlation_id,
                deadline=deadline,
                repeatable=Repeatable.ON_CONNECTION_FAULT,
            )

        try:
            return ask("PUT", f"{ours}/{uid}")
        except Refused as error:
            if error.http_status != 405:
                raise
            return ask("POST", uid)


def _evse_uids(value: JsonValue) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidInvocation("evse_uids must be a list of strings")
    uids = tuple(each for each in value if isinstance(each, str) and 0 < len(each) <= 36)
    if len(uids) != len(value):
        raise InvalidInvocation("evse_uids must be strings of 1 to 36 characters")
    return uids
