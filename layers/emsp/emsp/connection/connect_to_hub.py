"""Create the Hub client of a function, with the stored credentials and the shared quota.

The client is kept between invocations.
"""

import time
from collections.abc import Callable
from typing import Final

from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection, HubEndpoint
from emsp.hub.errors import NotRegistered
from emsp.hub.quota import SharedQuota
from emsp.hub.timed_connections import trust
from emsp.in_background import in_background
from emsp.log import log
from emsp.ocpi.headers import TokenEncoding
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, secretsmanager_client
from emsp.stores.credentials_mark import CredentialsMark
from emsp.stores.hub_credentials import HubCredentials, HubCredentialsStore
from emsp.stores.quota import QuotaStore
from emsp.stores.table import StoreUnavailable

AUTHORIZE: Final = "authorize"
COMMANDS: Final = "commands"
LISTS: Final = "lists"

CACHE_SECONDS: Final = 300.0
REREAD_SECONDS: Final = 10.0
STALE_SECONDS: Final = 3600.0
"""How long the cached credentials are used if the secret can't be read, in seconds."""

_clients: dict[str, "KeptClient"] = {}


def prepare_for_hub(settings: Settings) -> None:
    """Create what the first call to the Hub needs. Call this during INIT, when the function has the most
    CPU.
    """
    dynamodb_client()
    secretsmanager_client()
    if not settings.allow_http_hub:
        trust()


def connect_to_hub(settings: Settings, *, read_later: bool = False) -> HubClient:
    """Return the client with the current credentials. Raises NotRegistered and StoreUnavailable.

    With `read_later`, a warm Lambda reads them while it prepares its first request and takes a place of the
    quota. Then this request raises these errors.
    """
    kept = _clients.get(settings.hub_secret_id)
    if kept is None:
        kept = _clients[settings.hub_secret_id] = KeptClient(settings)
    return kept.current(read_later=read_later)


def connection_from(credentials: HubCredentials, *, allow_http: bool) -> HubConnection:
    """Return the connection with these credentials. Raises NotRegistered if there is no token of the Hub."""
    if not credentials.token:
        raise NotRegistered(
            'there are no credentials for the Hub yet: run register with {"action": "register", '
            '"versions_url": "...", "token": "<initial token>"}'
        )
    return HubConnection(
        versions_url=credentials.versions_url,
        token=credentials.token,
        token_encoding=TokenEncoding(credentials.token_encoding),
        endpoints=tuple(HubEndpoint(each.identifier, each.role, each.url) for each in credentials.endpoints),
        allow_http=allow_http,
    )


class KeptClient:
    """A HubClient that lives as long as the Lambda, so that its connections remain open."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._mark = CredentialsMark(dynamodb_client(), settings.control_table)
        self._store = HubCredentialsStore(secretsmanager_client(), settings.hub_secret_id, self._mark)
        self._clock = clock
        self._client: HubClient | None = None
        self._connection: HubConnection | None = None
        self._read_at = 0.0
        self._read_mark = ""

    def current(self, *, read_later: bool = False) -> HubClient:
        """Return the client with the current credentials, or one that has them at its next request."""
        if self._client is None:
            self._client = self._new_client(self._read())
        elif read_later:
            self._client.renew(in_background(self._renewed))
        else:
            self._client.connection = self._renewed()
        return self._client

    def _renewed(self) -> HubConnection:
        """Return the connection with the stored credentials. They are read only if they have changed."""
        try:
            aged = self._clock() - self._read_at >= CACHE_SECONDS
            if self._connection is None or aged or self._mark.read() != self._read_mark:
                return self._read()
        except StoreUnavailable:
            if self._connection is None or self._clock() - self._read_at >= STALE_SECONDS:
                raise
            log.exception("the Hub's credentials cannot be read: the cached ones stay in use")
        return self._connection

    def _reread(self) -> HubConnection:
        """Read the credentials again, because the Hub refused the token: another Lambda may have rotated
        it.
        """
        if self._connection is not None and self._clock() - self._read_at < REREAD_SECONDS:
            return self._connection
        return self._read()

    def _read(self) -> HubConnection:
        # The mark is read before the secret, so that the next call sees a change in between. Both are
        # recorded together, so that the next call reads again if this one fails.
        mark = self._mark.read()
        connection = connection_from(self._store.read(), allow_http=self._settings.allow_http_hub)
        self._connection, self._read_mark, self._read_at = connection, mark, self._clock()
        return connection

    def _new_client(self, connection: HubConnection) -> HubClient:
        settings = self._settings
        limits = {
            AUTHORIZE: settings.quota_authorize_per_minute,
            COMMANDS: settings.quota_commands_per_minute,
            LISTS: settings.quota_lists_per_minute,
        }
        return HubClient(
            connection,
            settings.our_party,
            SharedQuota(QuotaStore(dynamodb_client(), settings.control_table), limits),
            reread=self._reread,
        )
