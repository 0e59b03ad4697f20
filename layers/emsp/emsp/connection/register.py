"""Exchange credentials with the Hub: register, rotate, verify, invite, status (OCPI 2.2.1, credentials)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
from emsp.invocation import CorrelationId, HeaderText, Payload, read_payload
from emsp.log import log, new_invocation
from emsp.ocpi.json_text import JsonObject
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens


class Registration(Payload):
    """The payload of register: what to do, and for the action `register` the Hub's URL and initial token."""

    action: Literal["register", "rotate", "verify", "invite", "status"]
    versions_url: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    token: Annotated[HeaderText, Field(min_length=1, max_length=1024)] | None = None
    correlation_id: CorrelationId

    @model_validator(mode="after")
    def goes_together(self) -> Self:
        """Raises ValueError."""
        for name in ("versions_url", "token"):
            given = getattr(self, name) is not None
            if given != (self.action == "register"):
                told = "is for the action register alone" if given else "is missing: the Hub gives it"
                raise ValueError(f"{name} {told}")
        return self


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
        asked = read_payload(Registration, payload)
        calls = self._calls(asked.correlation_id, deadline)
        tokens = OurTokens(self.hub, self.inbound, self.overlap, self.now)
        exchange = Exchange(tokens, calls)
        new_invocation(action=asked.action, correlation_id=calls.correlation_id)
        invitation: JsonObject = {}
        match asked.action:
            case "register":
                versions_url = str(asked.versions_url)
                origin_of(versions_url, allow_http=self.allow_http_hub)
                exchange.register(versions_url, str(asked.token))
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
