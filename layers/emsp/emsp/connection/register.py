"""Exchange credentials with the Hub: register, rotate, verify, status (OCPI 2.2.1, credentials).

A crash at any point loses no token, and the same call again goes on from there: our new token is accepted
by our side and kept in the secret before the Hub hears of it; each token of the Hub is stored before it is
used. Our new token is good for the time of the overlap only until the Hub has taken it, and for nothing once
the Hub has said no.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from emsp import log
from emsp.connection.hub_calls_credentials import OurParty
from emsp.connection.hub_connection import connection_from
from emsp.hub.answers import HubAnswer
from emsp.hub.client import HubClient
from emsp.hub.connection import HubConnection, HubEndpoint
from emsp.hub.deadline import Deadline
from emsp.hub.discovery import discover
from emsp.hub.errors import Delivery, HubError, MalformedAnswer, NotRegistered, Refused, Unauthorized
from emsp.hub.request import HubRequest
from emsp.hub.urls import origin_of
from emsp.invocation import InvalidInvocation, optional_id, refuse_unknown_fields, text
from emsp.ocpi.credentials import Credentials
from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.headers import TokenEncoding
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.stores.hub_credentials import (
    HubCredentials,
    HubCredentialsStore,
    PendingExchange,
    StoredEndpoint,
)
from emsp.stores.inbound_tokens import InboundToken, InboundTokens, hash_token, spoken_for

FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "register": frozenset({"action", "versions_url", "token", "correlation_id"}),
    "rotate": frozenset({"action", "correlation_id"}),
    "verify": frozenset({"action", "correlation_id"}),
    "status": frozenset({"action", "correlation_id"}),
}
NEEDED: Final = (("credentials", "RECEIVER"), ("tokens", "RECEIVER"), ("commands", "RECEIVER"))
"""Without these there is nothing to register for (OCPI: then the POST shall not be sent)."""
WANTED: Final = ("locations", "tariffs", "hubclientinfo")


class InitialTokenSpent(Exception):
    """The Hub took an earlier try's credentials, but its answer, with the token for us, was lost on the
    way.
    """


@dataclass(frozen=True)
class Register:
    """The use case. `connect` makes a client of a connection that is not stored yet."""

    us: OurParty
    hub: HubCredentialsStore
    inbound: InboundTokens
    versions_url: str
    """Ours, for the Hub."""
    overlap: timedelta
    allow_http_hub: bool
    connect: Callable[[HubConnection], HubClient]
    now: Callable[[], datetime]

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Do `payload["action"]` and tell how we stand, as `status` does: never with a token.

        Raises InvalidInvocation, NotRegistered, InitialTokenSpent, and what emsp.hub.errors lists.
        """
        action = str(payload.get("action"))
        if action not in FIELDS:
            raise InvalidInvocation(f"action must be one of {', '.join(FIELDS)}")
        refuse_unknown_fields(payload, FIELDS[action])
        exchange = Exchange(self, optional_id(payload, "correlation_id") or str(uuid4()), deadline)
        log.bind(action=action, correlation_id=exchange.correlation_id)
        match action:
            case "register":
                versions_url = text(payload, "versions_url", 255)
                origin_of(versions_url, allow_http=self.allow_http_hub)
                exchange.register(versions_url, _initial_token(payload))
            case "rotate":
                exchange.rotate()
            case "verify":
                exchange.verify()
        return self.status() | {"correlation_id": exchange.correlation_id}

    def status(self) -> JsonObject:
        """How we stand with the Hub; ages and ends of tokens, never the tokens."""
        known = self.hub.read()
        now = self.now()
        pending: JsonValue = None
        if known.pending:
            pending = {
                "action": known.pending.action,
                "started_at": known.pending.started_at,
                "next": "run the same action again: it goes on where it ended",
            }
        return {
            "registered": bool(known.token),
            "versions_url": known.versions_url or None,
            "our_versions_url": self.versions_url,
            "token_encoding": known.token_encoding,
            "endpoints": [
                {"identifier": each.identifier, "role": each.role, "url": each.url}
                for each in known.endpoints
            ],
            "missing_modules": _missing(known),
            "hub_roles": [dict(role) for role in known.hub_roles],
            "registered_at": known.registered_at or None,
            "verified_at": known.verified_at or None,
            "pending": pending,
            "inbound_tokens": [
                {
                    "issued_at": token.issued_at.isoformat(),
                    "not_after": token.not_after.isoformat() if token.not_after else None,
                    "lapsed": token.not_after is not None and token.not_after <= now,
                }
                for token in self.inbound.read()
            ],
        }


@dataclass(frozen=True)
class Exchange:
    """One run of one action."""

    with_hub: Register
    correlation_id: str
    deadline: Deadline

    def register(self, versions_url: str, initial_token: str) -> None:
        """Versions, details, POST, PUT to confirm, GET to verify."""
        known = self.with_hub.hub.read()
        if (known.versions_url, known.registered_with) == (versions_url, hash_token(initial_token)):
            log.info("registered with this initial token already, so the registration is verified")
            self.verify()
            return
        begun = known.pending
        if begun and (begun.action, begun.versions_url, begun.initial_token) != (
            "register",
            versions_url,
            initial_token,
        ):
            begun = None
        if begun and begun.answered:
            self._accepted(begun)
        else:
            try:
                client = self._first_contact(versions_url, initial_token)
            except Unauthorized as error:
                if begun is None:
                    raise
                raise InitialTokenSpent(
                    f"a registration begun {begun.started_at} lost its answer: ask the Hub for a new "
                    f"initial token. {error}"
                ) from error
            known = self._posted(
                self._begun(known, "register", versions_url, initial_token), client, first_try=begun is None
            )
        self._finished(self._confirmed(known))

    def rotate(self) -> None:
        """A new token of ours for the Hub, and a new one of the Hub's for us, without a gap."""
        known = self.with_hub.hub.read()
        connection_from(known, allow_http=self.with_hub.allow_http_hub)
        begun = self._begun(known, "rotate", known.versions_url, "")
        self._finished(self._confirmed(begun, first_try=begun.pending != known.pending))

    def verify(self) -> None:
        """Read the Hub's endpoints again and check that it knows our token."""
        known = self.with_hub.hub.read()
        client = self._client(connection_from(known, allow_http=self.with_hub.allow_http_hub))
        endpoints = self._discovered(client)
        client.connection = replace(client.connection, endpoints=endpoints)
        self._credentials(self._call(client, "GET"))
        known = self.with_hub.hub.read()
        now = self.with_hub.now().isoformat()
        self.with_hub.hub.write(replace(known, endpoints=_stored(endpoints), verified_at=now))

    def _begun(
        self, known: HubCredentials, action: str, versions_url: str, initial_token: str
    ) -> HubCredentials:
        """Our new token accepted by our side and kept in the secret: before the Hub hears of it."""
        pending = known.pending
        asked = (action, versions_url, initial_token)
        if pending is None or (pending.action, pending.versions_url, pending.initial_token) != asked:
            pending = PendingExchange(
                action=action,
                versions_url=versions_url,
                our_token=secrets.token_urlsafe(32),
                started_at=self.with_hub.now().isoformat(),
                initial_token=initial_token,
            )
            known = replace(known, pending=pending)
            self.with_hub.hub.write(known)
        self._accepted(pending)
        return known

    def _accepted(self, pending: PendingExchange) -> None:
        """Our new token lets the Hub in: for the time of the overlap, as long as the Hub has not taken it."""
        now = self.with_hub.now()
        digest = hash_token(pending.our_token)
        accepted = self.with_hub.inbound.read()
        if any(token.sha256 == digest and token.not_after is None for token in accepted):
            return
        issued = InboundToken(digest, now, not_after=now + self.with_hub.overlap)
        self.with_hub.inbound.write((*(token for token in accepted if token.sha256 != digest), issued))

    def _offered(
        self, known: HubCredentials, call: Callable[[], HubAnswer], *, first_try: bool
    ) -> Credentials:
        """The Hub's credentials for ours. When it certainly did not take ours, they are withdrawn.

        After an earlier try whose answer was lost, a refusal proves nothing: that one may have been taken.
        """
        try:
            answer = call()
        except HubError as error:
            if first_try and error.delivery is not Delivery.UNKNOWN:
                self._withdrawn(known)
            raise
        return self._credentials(answer)

    def _withdrawn(self, known: HubCredentials) -> None:
        digest = hash_token(_pending(known).our_token)
        accepted = self.with_hub.inbound.read()
        self.with_hub.inbound.write(tuple(token for token in accepted if token.sha256 != digest))
        self.with_hub.hub.write(replace(known, pending=None))
        log.warning("the Hub did not take our credentials: its new token is accepted no more")

    def _taken(self, known: HubCredentials) -> HubCredentials:
        """The Hub has our token: it is good without end, and for those whom the Hub speaks for."""
        digest = hash_token(_pending(known).our_token)
        speaks_for = spoken_for(known.hub_roles)
        self.with_hub.inbound.write(
            tuple(
                replace(token, not_after=None, speaks_for=speaks_for) if token.sha256 == digest else token
                for token in self.with_hub.inbound.read()
            )
        )
        return known

    def _posted(self, known: HubCredentials, client: HubClient, *, first_try: bool) -> HubCredentials:
        pending = _pending(known)
        theirs = self._offered(known, lambda: self._first_exchange(client, pending), first_try=first_try)
        known = replace(
            known,
            registered_at=known.registered_at if known.versions_url == pending.versions_url else "",
            versions_url=pending.versions_url,
            token=theirs.token,
            token_encoding=client.connection.token_encoding.value,
            endpoints=_stored(client.connection.endpoints),
            hub_roles=_roles(theirs),
            previous_token="",
            pending=replace(pending, answered=True),
        )
        self.with_hub.hub.write(known)
        return self._taken(known)

    def _first_contact(self, versions_url: str, initial_token: str) -> HubClient:
        """A client that knows the Hub's endpoints, read in the encoding of tokens that the Hub understands.

        Nothing is stored yet. Raises Unauthorized when it accepts the initial token in neither encoding.
        """
        try:
            return self._contact(versions_url, initial_token, TokenEncoding.BASE64)
        except Unauthorized:
            return self._contact(versions_url, initial_token, TokenEncoding.PLAIN)

    def _contact(self, versions_url: str, initial_token: str, encoding: TokenEncoding) -> HubClient:
        allow_http = self.with_hub.allow_http_hub
        client = self._client(HubConnection(versions_url, initial_token, encoding, allow_http=allow_http))
        client.connection = replace(client.connection, endpoints=self._discovered(client))
        for identifier, role in NEEDED:
            client.endpoint(identifier, role)
        return client

    def _first_exchange(self, client: HubClient, pending: PendingExchange) -> HubAnswer:
        """POST; a Hub that has registered us already says 405 and wants PUT."""
        try:
            return self._call(client, "POST", pending.our_token)
        except Refused as error:
            if error.http_status != 405:
                raise
            log.info("the Hub knows us already, so the credentials are updated")
            return self._call(client, "PUT", pending.our_token)

    def _confirmed(self, known: HubCredentials, *, first_try: bool = False) -> HubCredentials:
        """PUT with the Hub's token: our new token, and a new one of the Hub's, stored beside the old one."""
        pending = _pending(known)
        client = self._client(connection_from(known, allow_http=self.with_hub.allow_http_hub))
        endpoints = self._discovered(client)
        client.connection = replace(client.connection, endpoints=endpoints)
        theirs = self._offered(
            known, lambda: self._call(client, "PUT", pending.our_token), first_try=first_try
        )
        known = replace(
            known,
            token=theirs.token,
            previous_token=known.token if theirs.token != known.token else "",
            endpoints=_stored(endpoints),
            hub_roles=_roles(theirs),
            pending=replace(pending, answered=True),
        )
        self.with_hub.hub.write(known)
        return self._taken(known)

    def _finished(self, known: HubCredentials) -> None:
        """GET to verify; then our older tokens lapse after the overlap."""
        pending = _pending(known)
        client = self._client(connection_from(known, allow_http=self.with_hub.allow_http_hub))
        try:
            self._credentials(self._call(client, "GET"))
        except Unauthorized:
            if not known.previous_token:
                raise
            log.warning(
                "the Hub does not know the token that it has just given, going on with the one before"
            )
            known = replace(known, token=known.previous_token)
            client = self._client(connection_from(known, allow_http=self.with_hub.allow_http_hub))
            self._credentials(self._call(client, "GET"))
        now = self.with_hub.now()
        digest = hash_token(pending.our_token)
        lapse = now + self.with_hub.overlap
        self.with_hub.inbound.write(
            tuple(
                token
                if token.sha256 == digest
                else replace(token, not_after=min(token.not_after or lapse, lapse))
                for token in self.with_hub.inbound.read()
                if token.not_after is None or token.not_after > now
            )
        )
        self.with_hub.hub.write(
            replace(
                known,
                previous_token="",
                registered_at=known.registered_at or now.isoformat(),
                registered_with=hash_token(pending.initial_token)
                if pending.action == "register"
                else known.registered_with,
                verified_at=now.isoformat(),
                pending=None,
            )
        )
        log.info("credentials exchanged and verified", hub=known.versions_url)

    def _client(self, connection: HubConnection) -> HubClient:
        return self.with_hub.connect(connection)

    def _discovered(self, client: HubClient) -> tuple[HubEndpoint, ...]:
        return discover(client, correlation_id=self.correlation_id, deadline=self.deadline)

    def _call(self, client: HubClient, method: str, our_token: str = "") -> HubAnswer:
        body = self.with_hub.us.credentials(our_token, self.with_hub.versions_url) if our_token else None
        return client.call(
            HubRequest(
                method,
                client.endpoint("credentials", "RECEIVER"),
                body=body,
                routed=False,
                correlation_id=self.correlation_id,
                deadline=self.deadline,
                read_timeout_s=30.0,
            )
        )

    def _credentials(self, answer: HubAnswer) -> Credentials:
        try:
            return Credentials.parse(answer.data)
        except InvalidObject as error:
            raise MalformedAnswer(
                f"the Hub's credentials can't be used: {error} (X-Request-ID {answer.request_id})"
            ) from None


def _initial_token(payload: JsonObject) -> str:
    token = text(payload, "token", 1024)
    if not (token.isascii() and token.isprintable()):
        raise InvalidInvocation("token must be printable ASCII: it is sent as a header")
    return token


def _pending(known: HubCredentials) -> PendingExchange:
    if known.pending is None:
        raise NotRegistered("no exchange of credentials is under way: run register again")
    return known.pending


def _stored(endpoints: tuple[HubEndpoint, ...]) -> tuple[StoredEndpoint, ...]:
    return tuple(StoredEndpoint(each.identifier, each.role, each.url) for each in endpoints)


def _roles(theirs: Credentials) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"role": str(role.role), "country_code": role.country_code, "party_id": role.party_id}
        for role in theirs.roles
    )


def _missing(known: HubCredentials) -> list[JsonValue]:
    """Modules that we use and the Hub does not list."""
    listed = {each.identifier for each in known.endpoints}
    wanted = (*(identifier for identifier, _ in NEEDED), *WANTED)
    return [identifier for identifier in wanted if known.endpoints and identifier not in listed]
