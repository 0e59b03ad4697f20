"""The Hub reads, sends, rotates or withdraws credentials at our side (OCPI 2.2.1, credentials).

A rotation stores our new token beside the old one before anything else changes: whoever is cut off in between
can try again with the token it had.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from emsp import log
from emsp.hub.client import HubClient
from emsp.hub.connection import HubConnection, HubEndpoint
from emsp.hub.deadline import Deadline
from emsp.hub.discovery import OCPI_VERSION, discover
from emsp.hub.errors import ForeignUrl, HubError, NoEndpoint
from emsp.hub.urls import origin_of
from emsp.ocpi.credentials import Credentials
from emsp.ocpi.headers import TokenEncoding
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.ocpi.types import Role
from emsp.receiver.errors import ClientUnusable, InvalidPush, MethodNotAllowed, MissingEndpoints
from emsp.receiver.identified import identified
from emsp.receiver.request import Answer, Request
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore, StoredEndpoint
from emsp.stores.inbound_tokens import InboundTokens, spoken_for, with_new_token

DISCOVERY_SECONDS = 12.0
"""For reading the Hub's versions and details while it waits for our answer."""


@dataclass(frozen=True)
class OurParty:
    """What our credentials say about us."""

    party: PartyId
    business_name: str
    website: str | None

    def credentials(self, token: str, versions_url: str) -> JsonObject:
        """The Credentials object that lets the Hub in with `token`."""
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


@dataclass(frozen=True)
class HubCallsCredentials:
    """The operations on `/credentials`. `connect` makes a client of a connection that is not stored yet."""

    us: OurParty
    hub: HubCredentialsStore
    inbound: InboundTokens
    overlap: timedelta
    allow_http_hub: bool
    connect: Callable[[HubConnection], HubClient]
    now: Callable[[], datetime]
    tokens_changed: Callable[[], None]

    def get(self, request: Request) -> Answer:
        """Our credentials, with the token that the Hub has just shown: we keep only its hash."""
        token = request.caller.token if request.caller else ""
        return Answer(self.us.credentials(token, request.url("/ocpi/versions")))

    def post(self, request: Request) -> Answer:
        """Register. Raises MethodNotAllowed when registered already, and what _exchange raises."""
        if self.hub.read().token:
            raise MethodNotAllowed(
                "already registered: update the credentials with PUT", {"Allow": "DELETE, GET, PUT"}
            )
        return self._exchange(request, HubCredentials())

    def put(self, request: Request) -> Answer:
        """Update and rotate. Raises MethodNotAllowed when not registered yet, and what _exchange raises."""
        known = self.hub.read()
        if not known.token:
            raise MethodNotAllowed("not registered yet: register with POST", {"Allow": "GET, POST"})
        return self._exchange(request, known)

    def delete(self, request: Request) -> Answer:
        """Unregister: neither side's token is good any more. Raises MethodNotAllowed when not registered."""
        if not self.hub.read().token:
            raise MethodNotAllowed("not registered", {"Allow": "GET, POST"})
        self.hub.write(HubCredentials())
        self.inbound.write(())
        self.tokens_changed()
        log.warning(
            "the Hub has withdrawn its credentials: run register to connect again", method=request.method
        )
        return Answer()

    def _exchange(self, request: Request, known: HubCredentials) -> Answer:
        """Take the Hub's credentials, read its endpoints with them, issue a new token of ours.

        Raises InvalidPush, MalformedBody, ClientUnusable, MissingEndpoints; StoreUnavailable.
        """
        theirs = identified(Credentials, request.json_object())
        connection = self._connection(theirs, known)
        endpoints = self._endpoints(connection, request.correlation_id)
        token, now = secrets.token_urlsafe(32), self.now()
        roles = tuple(
            {"role": str(role.role), "country_code": role.country_code, "party_id": role.party_id}
            for role in theirs.roles
        )
        accepted = with_new_token(self.inbound.read(), token, now, self.overlap, spoken_for(roles))
        self.inbound.write(accepted)
        self.hub.write(
            replace(
                known,
                versions_url=connection.versions_url,
                token=theirs.token,
                token_encoding=connection.token_encoding.value,
                endpoints=tuple(StoredEndpoint(each.identifier, each.role, each.url) for each in endpoints),
                hub_roles=roles,
                previous_token=known.token,
                registered_at=known.registered_at or now.isoformat(),
            )
        )
        self.tokens_changed()
        log.info("credentials exchanged", hub=connection.versions_url, endpoints=len(endpoints))
        return Answer(self.us.credentials(token, request.url("/ocpi/versions")))

    def _connection(self, theirs: Credentials, known: HubCredentials) -> HubConnection:
        """How to call the Hub from now on. A registered Hub stays where it is: its new URL must be of its old
        origin.
        """
        versions_url = _versions_url(theirs.url, known)
        try:
            origin = origin_of(versions_url, allow_http=self.allow_http_hub)
            if known.versions_url and origin != origin_of(known.versions_url, allow_http=self.allow_http_hub):
                raise InvalidPush("url: it leads elsewhere than the registered one; DELETE and POST to move")
        except ForeignUrl as error:
            raise InvalidPush("url: it must be an https URL without a user name") from error
        return HubConnection(
            versions_url=versions_url,
            token=theirs.token,
            token_encoding=TokenEncoding(known.token_encoding),
            allow_http=self.allow_http_hub,
        )

    def _endpoints(self, connection: HubConnection, correlation_id: str) -> tuple[HubEndpoint, ...]:
        client = self.connect(connection)
        try:
            return discover(client, correlation_id=correlation_id, deadline=Deadline.after(DISCOVERY_SECONDS))
        except NoEndpoint as error:
            raise MissingEndpoints(f"the versions at your url do not offer OCPI {OCPI_VERSION}") from error
        except HubError as error:
            log.exception("the Hub's versions could not be read back", error)
            raise ClientUnusable(
                "your versions and version details could not be read with your token"
            ) from error


def _versions_url(url: str, known: HubCredentials) -> str:
    """Where the Hub's versions are, by the `url` in its credentials.

    The Hub's own examples give the URL of the version there: then it is the one that we know, if that is
    where its endpoints are already.
    """
    details_url = url.rstrip("/")
    if not details_url.endswith(f"/{OCPI_VERSION}"):
        return url
    if known.versions_url and any(each.url.startswith(f"{details_url}/") for each in known.endpoints):
        return known.versions_url
    return details_url.removesuffix(OCPI_VERSION) + "versions"
