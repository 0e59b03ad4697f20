"""The Hub reads, sends, rotates or deletes credentials at our side (OCPI 2.2.1, credentials).

A rotation first stores our new token beside the previous one. From then on the previous token may only push,
read, and repeat this exchange with the same credentials. So if the Hub did not get our answer, it can repeat
the call, and nobody else can take over the connection with the previous token.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from emsp.connection.call_credentials import stored
from emsp.connection.our_party import RECEIVERS, VERSIONS, OurParty
from emsp.connection.read_credentials import TheirCredentials, UnusableCredentials, read_credentials
from emsp.connection.token_encodings import in_either_encoding
from emsp.deadline import Deadline
from emsp.hub.allowed_urls import origin_of
from emsp.hub.client import HubClient
from emsp.hub.discover_endpoints import OCPI_VERSION, discover
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import ForeignUrl, HubError, NoEndpoint
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.ocpi.headers import TokenEncoding
from emsp.receiver.access import TABLE, Access
from emsp.receiver.authentication import Caller
from emsp.receiver.errors import (
    ClientUnusable,
    Forbidden,
    InvalidPush,
    MethodNotAllowed,
    MissingEndpoints,
)
from emsp.receiver.request import Answer, Request
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore
from emsp.stores.inbound_tokens import (
    InboundToken,
    InboundTokens,
    hash_token,
    with_new_token,
)

CREDENTIALS = RECEIVERS["credentials"]
DISCOVERY_SECONDS = 12.0
"""The time in seconds to read the Hub's versions and details while the Hub waits for our answer."""


@dataclass(frozen=True)
class HubCallsCredentials:
    """The operations on `/credentials`. `connect` creates a client for a connection that is not stored
    yet.
    """

    us: OurParty
    hub: HubCredentialsStore
    inbound: InboundTokens
    overlap: timedelta
    allow_http_hub: bool
    connect: Callable[[HubConnection], HubClient]
    tokens_changed: Callable[[], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def get(self, request: Request) -> Answer:
        """Return our credentials, with the token of this request. We store only its hash."""
        return Answer(self.us.credentials(_caller(request).token, request.url(VERSIONS)))

    def post(self, request: Request) -> Answer:
        """Register. Raises MethodNotAllowed if we are registered, and the errors of _exchange.

        If our operator has invited this caller, it may register again.
        """
        known = self.hub.read()
        if known.token and _caller(request).kind is TokenKind.LIVE:
            raise MethodNotAllowed(
                "already registered: update the credentials with PUT", {"Allow": "DELETE, GET, PUT"}
            )
        return self._exchange(request, known, HubCredentials())

    def put(self, request: Request) -> Answer:
        """Update the credentials and rotate the tokens.

        Raises MethodNotAllowed before a registration, and the errors of _exchange.
        """
        known = self.hub.read()
        if not known.token:
            raise MethodNotAllowed("not registered yet: register with POST", {"Allow": "GET, POST"})
        return self._exchange(request, known, known)

    def delete(self, request: Request) -> Answer:
        """Unregister: delete the tokens of both sides. Raises MethodNotAllowed if we are not registered."""
        if not self.hub.read().token:
            raise MethodNotAllowed("not registered", {"Allow": "GET, POST"})
        self.hub.write(HubCredentials())
        self.inbound.change(lambda _: ())
        self.tokens_changed()
        log.warning(
            "the Hub has deleted the credentials: to connect again, run register with an initial token "
            'from the Hub, or with {"action": "invite"} if the Hub begins the exchange',
            method=request.method,
        )
        return Answer()

    def _exchange(self, request: Request, before: HubCredentials, known: HubCredentials) -> Answer:
        """Check the Hub's credentials by reading its endpoints, store them, and issue a new token of ours.

        `before` is the stored connection, and `known` the one that the new connection continues. Raises
        Forbidden, InvalidPush, MalformedBody, ClientUnusable, MissingEndpoints and StoreUnavailable.
        """
        theirs, caller = _theirs(request), _caller(request)
        _check_again(caller, request.method, _hash(theirs))
        client = self.connect(self._connection(theirs, known))
        self._discover(client, request.correlation_id)
        connection = client.connection
        self._report_move(before, connection)
        token = self._issued(caller, request.method, theirs)
        now = self.now()
        self.hub.write(
            replace(
                known,
                versions_url=connection.versions_url,
                token=theirs.token,
                token_encoding=connection.token_encoding.value,
                endpoints=stored(connection),
                hub_roles=theirs.roles,
                previous_token=known.token,
                registered_at=known.registered_at or now.isoformat(),
            )
        )
        self.tokens_changed()
        log.info("credentials exchanged", hub=connection.versions_url, endpoints=len(connection.endpoints))
        return Answer(self.us.credentials(token, request.url(VERSIONS)))

    def _issued(self, caller: Caller, method: str, theirs: TheirCredentials) -> str:
        """Replace the caller's token by a new one, and return it.

        Raises Forbidden if another call superseded or spent the caller's token meanwhile.
        """
        token, now, used, sent = (
            secrets.token_urlsafe(32),
            self.now(),
            hash_token(caller.token),
            _hash(theirs),
        )

        def issuing(tokens: Sequence[InboundToken]) -> Sequence[InboundToken]:
            shown = next((each for each in tokens if each.sha256 == used), None)
            if shown is None:
                raise Forbidden("this token was revoked meanwhile")
            _check_again(replace(caller, kind=shown.kind, may_repeat=shown.may_repeat), method, sent)
            after = with_new_token(tokens, token, now, self.overlap, theirs.roles)
            if shown.kind in (TokenKind.INVITATION, TokenKind.SPENT_INVITATION):
                return (*after, replace(shown, kind=TokenKind.SPENT_INVITATION, may_repeat=sent))
            return tuple(replace(each, may_repeat=sent) if each.sha256 == used else each for each in after)

        self.inbound.change(issuing)
        return token

    def _connection(self, theirs: TheirCredentials, known: HubCredentials) -> HubConnection:
        """Return the new connection to the Hub.

        Its host may differ from the stored one, because OCPI reads the endpoints again. That is safe: the Hub
        has shown our token, and its versions are read from the new host before anything is stored.
        """
        versions_url = _versions_url(theirs.url, known)
        try:
            origin_of(versions_url, allow_http=self.allow_http_hub)
        except ForeignUrl as error:
            raise InvalidPush("url: it must be an https URL without a user name") from error
        return HubConnection(
            versions_url=versions_url,
            token=theirs.token,
            token_encoding=TokenEncoding(known.token_encoding),
            allow_http=self.allow_http_hub,
        )

    def _discover(self, client: HubClient, correlation_id: str) -> None:
        """Find the Hub's endpoints, and the token encoding that it accepts."""
        deadline = Deadline.after(DISCOVERY_SECONDS)

        def discovered() -> None:
            endpoints = discover(client, correlation_id=correlation_id, deadline=deadline)
            client.connection = replace(client.connection, endpoints=endpoints)

        try:
            in_either_encoding(client, discovered)
        except NoEndpoint as error:
            raise MissingEndpoints(f"the versions at your url do not offer OCPI {OCPI_VERSION}") from error
        except HubError as error:
            log.exception("the Hub's versions could not be read back")
            raise ClientUnusable(
                "your versions and version details could not be read with your token"
            ) from error

    def _report_move(self, known: HubCredentials, connection: HubConnection) -> None:
        if known.versions_url and origin_of(known.versions_url, allow_http=True) != connection.origin:
            count(Metric.HUB_MOVED)
            log.warning(
                "the Hub has moved to another host: ask the Hub whether that is correct",
                before=known.versions_url,
                now=connection.versions_url,
            )


def _caller(request: Request) -> Caller:
    if request.caller is None:
        raise Forbidden("credentials can be exchanged only with a token")
    return request.caller


def _hash(theirs: TheirCredentials) -> str:
    return hashlib.sha256(f"{theirs.url}\n{theirs.token}".encode()).hexdigest()


def _check_again(caller: Caller, method: str, sent: str) -> None:
    """Raise Forbidden if the token may only repeat the exchange that it began, and this is another one."""
    access = TABLE[CREDENTIALS][method].get(caller.kind)
    if access is None or (access is Access.AGAIN and sent != caller.may_repeat):
        raise Forbidden(
            "this token was replaced: use the one that replaced it, or ask us for a new one to register with"
        )


def _theirs(request: Request) -> TheirCredentials:
    """Return the Hub's credentials in the body. Raises InvalidPush and MalformedBody."""
    try:
        theirs = read_credentials(request.json_object())
    except UnusableCredentials as error:
        raise InvalidPush(f"invalid or missing: {error}") from error
    if not theirs.url:
        raise InvalidPush("invalid or missing: url, of your versions endpoint")
    if not theirs.roles:
        raise InvalidPush("invalid or missing: roles, each with role, country_code and party_id")
    return theirs


def _versions_url(url: str, known: HubCredentials) -> str:
    """Return the URL of the Hub's versions, derived from the `url` in its credentials.

    The Hub's own examples have the URL of the version details instead. If the endpoints that we know are
    below it, the URL that we know is right. Otherwise it is derived from `url`.
    """
    details_url = url.rstrip("/")
    if not details_url.endswith(f"/{OCPI_VERSION}"):
        return url
    if known.versions_url and any(each.url.startswith(f"{details_url}/") for each in known.endpoints):
        return known.versions_url
    return details_url.removesuffix(OCPI_VERSION) + "versions"
