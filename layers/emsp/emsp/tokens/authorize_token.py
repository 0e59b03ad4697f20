"""Ask the CPO through the Hub whether a token of ours may charge."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, NamedTuple, Self

from pydantic import BeforeValidator, model_validator

from emsp.connection.connect_to_hub import AUTHORIZE
from emsp.connection.routing import owner_of, read_status
from emsp.deadline import Deadline
from emsp.hub.answers import HubAnswer
from emsp.hub.client import HubClient
from emsp.hub.errors import HubError, MalformedAnswer, Refused
from emsp.hub.next_page import with_query
from emsp.hub.request import HubRequest
from emsp.hub.retries import Repeatable
from emsp.invocation import SPACING_S, CorrelationId, MaxWait, ObjectId, Payload, ReceivingParty, read_payload
from emsp.log import log, new_invocation
from emsp.metrics import Metric, count
from emsp.ocpi.cdr_token import TokenType
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId
from emsp.ocpi.tokens import AllowedType
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.table import StoreUnavailable
from emsp.tokens.complete_token import Issuer, TokenFields, asked_token, completed, refuse_foreign


class AuthorizationRequest(Payload):
    """The payload of authorize_token: a token of ours and, optionally, the location and the CPO."""

    token: TokenFields | None = None
    token_uid: ObjectId | None = None
    type: TokenType | None = None
    location_id: ObjectId | None = None
    evse_uids: Annotated[tuple[ObjectId, ...], BeforeValidator(lambda uids: uids or ())] = ()
    to: ReceivingParty | None = None
    correlation_id: CorrelationId
    max_wait_s: MaxWait = SPACING_S

    @model_validator(mode="after")
    def goes_together(self) -> Self:
        """Check that the fields fit together. Raises ValueError."""
        if not self.asked:
            raise ValueError("token_uid is missing: give it, or token with a uid")
        if self.evse_uids and self.location_id is None:
            raise ValueError("evse_uids needs the location_id that they belong to")
        return self

    @cached_property
    def asked(self) -> JsonObject:
        """Return the given fields of the token, or an empty object if the payload names no token. Raises
        ValueError.
        """
        asked = asked_token(self.token_uid, self.token)
        if asked is None or self.type is None:
            return asked or {}
        if "type" in asked:
            raise ValueError("give either type or token.type, not both")
        return asked | {"type": self.type.value}

    @property
    def body(self) -> JsonObject | None:
        """Return OCPI's LocationReferences, or None without a location."""
        if self.location_id is None:
            return None
        references: JsonObject = {"location_id": self.location_id}
        if self.evse_uids:
            references["evse_uids"] = list(self.evse_uids)
        return references


class AuthorizeToken(NamedTuple):
    """Authorizes tokens through the Hub."""

    hub: HubClient
    locations: OwnerStore
    parties: PartyStore
    tokens: AuthorizedTokens
    issuer: Issuer
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Return the Hub's AuthorizationInfo with `request_id` and `correlation_id`.

        It has `cpo_status` if the CPO is not connected. Its `token` can be passed to send_command: fields
        that the Hub's answer lacks come from the payload and our settings. `allowed` has OCPI's values, or
        UNKNOWN if the CPO could not be reached. Raises InvalidInvocation, and the errors of emsp.hub.errors:
        NotFound if the CPO does not know the token, and RateLimited at once or after `max_wait_s`.
        """
        request = read_payload(AuthorizationRequest, payload)
        refuse_foreign(request.asked, self.issuer.party)
        new_invocation(correlation_id=request.correlation_id)
        uid = str(request.asked["uid"])
        to = request.to.party if request.to else None
        if to is None and request.location_id is not None:
            to = owner_of(self.locations, request.location_id)
        cpo_status = read_status(self.parties, to)
        try:
            answer = self._ask(request, to, deadline)
        except HubError as error:
            if status := cpo_status():
                error.args = (f"{error} - the Hub last reported {to} as {status}",)
            raise
        found = _authorization_info(answer)
        count(Metric.AUTHORIZATIONS, allowed=_known_answer(found["allowed"]))
        found["token"] = token = self._token(request, found.get("token"))
        if found["allowed"] == AllowedType.ALLOWED:
            self._keep(uid, token)
        elif found["allowed"] in AllowedType:
            self._note_refusal(uid, str(found["allowed"]))
        found["request_id"] = answer.request_id
        found["correlation_id"] = answer.correlation_id
        if status := cpo_status():
            found["cpo_status"] = status
        return found

    def _token(self, request: AuthorizationRequest, answered: JsonValue) -> JsonObject:
        from_answer = dict(answered) if isinstance(answered, dict) else {}
        for name in ("country_code", "party_id"):
            from_answer.pop(name, None)  # The token is ours, even if the answer names another party.
        return completed(self.issuer, self.now(), request.asked, from_answer)

    def _keep(self, token_uid: str, token: JsonObject) -> None:
        """Store the token, so that a command can name it by its uid.

        A failure is only logged: the driver may charge, and the command can contain the whole token.
        """
        try:
            self.tokens.keep(self.issuer.party, token_uid, token, self.now())
        except StoreUnavailable:
            log.exception("an authorized token could not be kept for the command that follows")

    def _note_refusal(self, token_uid: str, allowed: str) -> None:
        """Store a refusal, so that detect_misuse finds a charge that starts in spite of it.

        A failure is only logged, because the caller needs the answer.
        """
        try:
            self.tokens.note_refusal(self.issuer.party, token_uid, allowed, self.now())
        except StoreUnavailable:
            log.exception("the refusal of a token could not be stored")

    def _ask(self, request: AuthorizationRequest, to: PartyId | None, deadline: Deadline) -> HubAnswer:
        """Call the Hub with its own method (PUT). If it answers 405, retry with OCPI's method (POST)."""
        us = self.hub.our_party
        uid, token_type = str(request.asked["uid"]), request.asked.get("type")
        query = {"type": str(token_type)} if token_type else {}

        def ask(method: str, *path: str) -> HubAnswer:
            return self.hub.call(
                HubRequest(
                    method,
                    with_query(self.hub.endpoint("tokens", "RECEIVER", *path, "authorize"), query),
                    body=request.body,
                    to=to,
                    quota_module=AUTHORIZE,
                    max_wait_s=request.max_wait_s,
                    correlation_id=request.correlation_id,
                    deadline=deadline,
                    repeatable=Repeatable.ON_CONNECTION_FAULT,
                    token_uid=uid,
                )
            )

        try:
            return ask("PUT", us.country_code, us.party_id, uid)
        except Refused as error:
            if error.http_status != 405:
                raise
            return ask("POST", uid)


def _authorization_info(answer: HubAnswer) -> JsonObject:
    """Return OCPI's AuthorizationInfo, with `allowed` in upper case. Raises MalformedAnswer."""
    if not isinstance(answer.data, dict) or not isinstance(answer.data.get("allowed"), str):
        raise MalformedAnswer(
            "the Hub's answer is not an AuthorizationInfo, `allowed` is missing "
            f"(X-Request-ID {answer.request_id}, X-Correlation-ID {answer.correlation_id})"
        )
    return answer.data | {"allowed": str(answer.data["allowed"]).upper()}


def _known_answer(allowed: JsonValue) -> str:
    """Return the value for the dimension of a metric. It has few values, whatever the Hub answers."""
    return str(allowed) if allowed in AllowedType or allowed == "UNKNOWN" else "OTHER"
