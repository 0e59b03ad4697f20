"""Call our own receivers as the Hub does: from outside, over TLS, with a token of ours.

The token is created for this purpose. It may only read our versions and an object that does not exist, and it
expires after minutes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from emsp.connection.our_party import RECEIVERS
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import HubError, NotFound
from emsp.hub.request import HubRequest
from emsp.ocpi.headers import TokenEncoding
from emsp.ocpi.json_text import JsonObject
from emsp.receiver.access import NOBODY

PROBE_S: Final = 10.0


@dataclass(frozen=True)
class Reached:
    """The result. `problem` is None if our software answered. `milliseconds` is how long it took."""

    url: str
    milliseconds: int
    problem: str | None = None

    def as_json(self) -> JsonObject:
        return {"url": self.url, "milliseconds": self.milliseconds}


@dataclass(frozen=True)
class ReachOurselves:
    """Calls our receivers. `token` is one that they accept. `connect` creates a client for a connection."""

    base_url: str
    token: str
    allow_http: bool
    connect: Callable[[HubConnection], HubClient]

    def versions(self) -> Reached:
        return self._reached(RECEIVERS["versions"])

    def receiver(self, module: str) -> Reached:
        """Call the receiver of `sessions` or `cdrs`: GET an object that does not exist."""
        return self._reached("/".join((RECEIVERS[module], *NOBODY)))

    def _reached(self, path: str) -> Reached:
        url = self.base_url + path
        connection = HubConnection(url, self.token, TokenEncoding.BASE64, allow_http=self.allow_http)
        begun = time.monotonic()
        problem: str | None = None
        try:
            client = self.connect(connection)
            client.call(HubRequest("GET", url, routed=False, deadline=Deadline.after(PROBE_S)))
        except NotFound as error:
            problem = None if error.status_code is not None else f"{url} is not served: {error}"
        except HubError as error:
            problem = f"{type(error).__name__}: {error}".replace("the Hub", "our own API")
        return Reached(url, round((time.monotonic() - begun) * 1000), problem)
