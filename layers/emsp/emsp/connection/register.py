"""Exchange credentials with the Hub: register, rotate, verify, invite, status (OCPI 2.2.1, credentials)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from emsp.connection.call_credentials import CallCredentials
from emsp.connection.exchange import Exchange
from emsp.connection.our_party import VERSIONS, OurParty
from emsp.connection.our_tokens import OurTokens
from emsp.connection.status import status
from emsp.connection.verify import verify
from emsp.hub.client import HubClient
from emsp.hub.connection import HubConnection
from emsp.hub.deadline import Deadline
from emsp.hub.urls import origin_of
from emsp.invocation import InvalidInvocation, optional_id, refuse_unknown_fields, text
from emsp.log import log, new_invocation
from emsp.ocpi.json_text import JsonObject
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens

FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "register": frozenset({"action", "versions_url", "token", "correlation_id"}),
    "rotate": frozenset({"action", "correlation_id"}),
    "verify": frozenset({"action", "correlation_id"}),
    "invite": frozenset({"action", "correlation_id"}),
    "status": frozenset({"action", "correlation_id"}),
}


@dataclass(frozen=True)
class Register:
    """The use case. `base_url` is ours, up to `/ocpi`; `connect` makes a client of a connection that is not
    stored yet.
    """

    us: OurParty
    hub: HubCredentialsStore
    inbound: InboundTokens
    base_url: str
    overlap: timedelta
    allow_http_hub: bool
    connect: Callable[[HubConnection], HubClient]
    now: Callable[[], datetime]

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Do `payload["action"]` and tell how we stand, as `status` does, with `warnings`: what went wrong
        without harm. Never with a token, but for `invite`, which makes one for the Hub.

        Raises InvalidInvocation, NotRegistered, InitialTokenSpent, and what emsp.hub.errors lists.
        """
        action = str(payload.get("action"))
        if action not in FIELDS:
            raise InvalidInvocation(f"action must be one of {', '.join(FIELDS)}")
        refuse_unknown_fields(payload, FIELDS[action])
        calls = self._calls(optional_id(payload, "correlation_id") or str(uuid4()), deadline)
        tokens = OurTokens(self.hub, self.inbound, self.overlap, self.now)
        exchange = Exchange(tokens, calls)
        new_invocation(action=action, correlation_id=calls.correlation_id)
        invitation: JsonObject = {}
        match action:
            case "register":
                versions_url = text(payload, "versions_url", 255)
                origin_of(versions_url, allow_http=self.allow_http_hub)
                exchange.register(versions_url, _initial_token(payload))
            case "rotate":
                exchange.rotate()
            case "verify":
                verify(self.hub, calls, self.now())
            case "invite":
                invitation = {"invitation": self._invitation(tokens)}
        for warning in calls.warnings:
            log.warning("the exchange of credentials went on in spite of this", reason=warning)
        told = status(self.hub.read(), self.inbound.read(), self.base_url, self.now())
        return (
            told
            | invitation
            | {
                "warnings": list(calls.warnings),
                "correlation_id": calls.correlation_id,
            }
        )

    def _invitation(self, tokens: OurTokens) -> JsonObject:
        token, until = tokens.invitation()
        log.warning("a token was issued for a handshake that the Hub begins", not_after=until.isoformat())
        return {
            "versions_url": self.base_url + VERSIONS,
            "token": token,
            "not_after": until.isoformat(),
            "next": "give both to the Hub, which then POSTs its credentials; status tells when it has",
        }

    def _calls(self, correlation_id: str, deadline: Deadline) -> CallCredentials:
        return CallCredentials(
            us=self.us,
            our_versions_url=self.base_url + VERSIONS,
            allow_http_hub=self.allow_http_hub,
            connect=self.connect,
            correlation_id=correlation_id,
            deadline=deadline,
        )


def _initial_token(payload: JsonObject) -> str:
    token = text(payload, "token", 1024)
    if not (token.isascii() and token.isprintable()):
        raise InvalidInvocation("token must be printable ASCII: it is sent as a header")
    return token
