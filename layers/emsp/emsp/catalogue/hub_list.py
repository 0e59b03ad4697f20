"""The Hub's list that a pull reads, and the store of objects that can't be accepted."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from emsp.catalogue.compare_page import RejectedObject
from emsp.connection.connect_to_hub import LISTS
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import NotFound, NotRouted, RateLimited
from emsp.hub.get_page import RawPage, get_page, list_request
from emsp.hub.request import HubRequest
from emsp.log import log
from emsp.ocpi.object_names import object_name_in
from emsp.stores.rejected import RejectedPush, RejectedStore

PAGE_S: Final = 75.0
"""The longest time for a page in seconds, including the wait for the quota and retries."""
SHORTEST_WAIT_S: Final = 1.0


@dataclass(frozen=True)
class HubList:
    """The list of a module at the Hub.

    It waits for the quota until the process ends, because nobody waits for a pull.
    """

    client: HubClient
    module: str
    deadline: Deadline
    reserve_s: float
    sleep: Callable[[float], None] = time.sleep

    def endpoint(self) -> str:
        """Return the URL of the list. Raises NoEndpoint."""
        return self.client.endpoint(self.module, "SENDER")

    def get(self, url: str) -> RawPage:
        """Return one page. Raises the errors of emsp.hub.errors; RateLimited if the time is not enough to
        wait.
        """
        return self._patiently(
            lambda wait_s, deadline: get_page(
                self.client,
                list_request(url, quota_module=LISTS, max_wait_s=wait_s, deadline=deadline),
            )
        )

    def has(self, country_code: str, party_id: str, object_id: str) -> bool:
        """Whether the Hub has this object, even if its list does not contain it. Raises the errors of
        emsp.hub.errors.
        """
        url = self.client.endpoint(self.module, "SENDER", country_code, party_id, object_id)
        try:
            self._patiently(
                lambda wait_s, deadline: self.client.call(
                    HubRequest("GET", url, quota_module=LISTS, max_wait_s=wait_s, deadline=deadline)
                )
            )
        except (NotFound, NotRouted):
            return False
        return True

    def _patiently[A](self, request: Callable[[float, Deadline], A]) -> A:
        """Return the result of `request`, which gets the seconds to wait for the quota and the deadline."""
        while True:
            left = self.deadline.remaining() - self.reserve_s / 2
            try:
                return request(max(0.0, min(PAGE_S / 2, left)), Deadline.after(max(1.0, min(PAGE_S, left))))
            except RateLimited as error:
                wait = max(SHORTEST_WAIT_S, error.retry_after_s)
                if left <= wait:
                    raise
                log.info("waiting for the Hub's quota", ocpi_module=self.module, seconds=round(wait, 1))
                self.sleep(wait)


@dataclass(frozen=True)
class KeptAsRejected:
    """Stores invalid objects of a list as rejected. Each is stored once, even if it is listed again."""

    store: RejectedStore
    module: str

    def keep(self, rejected: RejectedObject) -> None:
        """Store the object, unless it is stored already. Raises StoreUnavailable."""
        now = datetime.now(UTC)
        push = RejectedPush(
            module=self.module,
            method="GET",
            path=f"/{self.module}",
            path_parameters={},
            headers={},
            body=rejected.text.encode("utf-8", "surrogateescape"),
            error="BadObject",
            reason=rejected.reason,
            request_id="",
            correlation_id="",
            first_received_at=now,
            last_received_at=now,
            object_id=object_name_in(rejected.text.encode("utf-8", "surrogateescape")),
        )
        if self.store.get(push.key) is None:
            kept = self.store.keep(push)
            log.warning("an object of the list is stored as rejected", key=kept.key, reason=rejected.reason)
