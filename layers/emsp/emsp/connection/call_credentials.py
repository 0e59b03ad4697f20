"""Call the credentials module of the Hub for an action of `register`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from emsp.connection.connect_to_hub import connection_from
from emsp.connection.our_party import OurParty
from emsp.connection.read_credentials import TheirCredentials, UnusableCredentials, read_credentials
from emsp.deadline import Deadline
from emsp.hub.answers import HubAnswer
from emsp.hub.client import HubClient
from emsp.hub.discover_endpoints import discover
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import MalformedAnswer
from emsp.hub.request import HubRequest
from emsp.stores.hub_credentials import HubCredentials, StoredEndpoint
from emsp.timeouts import HUB_CREDENTIALS_READ_S


@dataclass(frozen=True)
class CallCredentials:
    """Calls the Hub. `connect` creates a client for a connection that is not stored yet.

    `warnings` has problems that need no new try.
    """

    us: OurParty
    our_versions_url: str
    allow_http_hub: bool
    connect: Callable[[HubConnection], HubClient]
    correlation_id: str
    deadline: Deadline
    warnings: list[str] = field(default_factory=list)

    def client(self, known: HubCredentials) -> HubClient:
        return self.connect(connection_from(known, allow_http=self.allow_http_hub))

    def discovered(self, client: HubClient) -> None:
        """Read the endpoints that the Hub lists now into the connection of the client."""
        endpoints = discover(client, correlation_id=self.correlation_id, deadline=self.deadline)
        client.connection = replace(client.connection, endpoints=endpoints)

    def call(self, client: HubClient, method: str, our_token: str = "") -> HubAnswer:
        return client.call(
            HubRequest(
                method,
                client.endpoint("credentials", "RECEIVER"),
                body=self.us.credentials(our_token, self.our_versions_url) if our_token else None,
                routed=False,
                correlation_id=self.correlation_id,
                deadline=self.deadline,
                read_timeout_s=HUB_CREDENTIALS_READ_S,
            )
        )

    def read(self, answer: HubAnswer, known_token: str = "") -> TheirCredentials:
        try:
            theirs = read_credentials(answer.data, known_token)
        except UnusableCredentials as error:
            raise MalformedAnswer(
                f"the Hub's credentials can't be used: {error}; ask its support, and for a new initial token "
                f"(X-Request-ID {answer.request_id})"
            ) from None
        self.warnings.extend(theirs.warnings)
        return theirs


def stored(connection: HubConnection) -> tuple[StoredEndpoint, ...]:
    return tuple(StoredEndpoint(each.identifier, each.role, each.url) for each in connection.endpoints)
