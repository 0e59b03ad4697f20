"""Exchange credentials with the Hub: register, rotate, verify, invite, revoke, status (OCPI 2.2.1,
credentials).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emsp.connection.call_credentials import CallCredentials
from emsp.connection.exchange_credentials import Exchange
from emsp.connection.our_party import VERSIONS, OurParty
from emsp.connection.our_tokens import OurTokens
from emsp.connection.registration_status import status
from emsp.connection.verify import verify
from emsp.deadline import Deadline
from emsp.hub.allowed_urls import origin_of
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection
from emsp.invocation import CorrelationId, HeaderText, InvalidInvocation, Payload, read_payload
from emsp.log import log, new_invocation
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens


class RegisterRequest(Payload):
    """The payload of register.

    The action `register` needs the URL and the initial token of the Hub. The action `revoke` needs `token_id`
    (`inbound_tokens` of the answer has the ids) or `all_but_current`.
    """

    action: Literal["register", "rotate", "verify", "invite", "revoke", "status"]
    versions_url: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    token: Annotated[HeaderText, Field(min_length=1, max_length=1024)] | None = None
    token_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    all_but_current: bool = False
    correlation_id: CorrelationId

    @model_validator(mode="after")
    def goes_together(self) -> Self:
        """Check that the fields fit the action. Raises ValueError."""
        for name in ("versions_url", "token"):
            given = getattr(self, name) is not None
            if given != (self.action == "register"):
                shown = "is only for the action register" if given else "is missing: the Hub gives it"
                raise ValueError(f"{name} {shown}")
        if bool(self.token_id) + self.all_but_current != (self.action == "revoke"):
            raise ValueError(
                'only the action revoke takes "token_id" or "all_but_current": true, and it needs one of them'
            )
        return self


@dataclass(frozen=True)
class Register:
    """Runs the actions. `base_url` is our URL up to `/ocpi`.

    `connect` creates a client for a connection that is not stored yet.
    """

    us: OurParty
    hub: HubCredentialsStore
    inbound: InboundTokens
    base_url: str
    overlap: timedelta
    allow_http_hub: bool
    connect: Callable[[HubConnection], HubClient]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Run the action, and return the status with `warnings`, which are problems that need no new try.

        Only the answer to `invite` contains a token: the one for the Hub. Raises InvalidInvocation,
        NotRegistered, InitialTokenSpent, and the errors of emsp.hub.errors.
        """
        request = read_payload(RegisterRequest, payload)
        calls = self._calls(request.correlation_id, deadline)
        tokens = OurTokens(self.hub, self.inbound, self.overlap, self.now)
        exchange = Exchange(tokens, calls)
        new_invocation(action=request.action, correlation_id=calls.correlation_id)
        more: JsonObject = {}
        match request.action:
            case "register":
                versions_url = str(request.versions_url)
                origin_of(versions_url, allow_http=self.allow_http_hub)
                exchange.register(versions_url, str(request.token))
            case "rotate":
                exchange.rotate()
            case "verify":
                verify(self.hub, calls, self.now())
            case "invite":
                more = {"invitation": self._invitation(tokens)}
            case "revoke":
                more = {"revoked": self._revoked(tokens, request.token_id)}
        for warning in calls.warnings:
            log.warning("the exchange of credentials continued after this problem", reason=warning)
        shown = status(self.hub.read(), self.inbound.read(), self.base_url, self.now())
        return (
            shown
            | more
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
            "next": "give both to the Hub, which then POSTs its credentials; status shows when it has",
        }

    def _revoked(self, tokens: OurTokens, token_id: str | None) -> list[JsonValue]:
        if not token_id and self.hub.read().pending:
            raise InvalidInvocation(
                "all_but_current: an exchange is under way, and the Hub may have its token: first run the "
                "same action again until it completes, or give a token_id"
            )
        revoked = tokens.revoked(token_id)
        if token_id and not revoked:
            raise InvalidInvocation(f"token_id: none of our tokens is {token_id}; status lists their ids")
        log.warning("tokens of ours were revoked", token_ids=list(revoked))
        return list(revoked)

    def _calls(self, correlation_id: str, deadline: Deadline) -> CallCredentials:
        return CallCredentials(
            us=self.us,
            our_versions_url=self.base_url + VERSIONS,
            allow_http_hub=self.allow_http_hub,
            connect=self.connect,
            correlation_id=correlation_id,
            deadline=deadline,
        )
