"""A rejected push that nobody will replay is closed with a reason: it is kept, and told no more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from emsp.invocation import InvalidInvocation, Payload, read_payload
from emsp.log import log
from emsp.ocpi.json_text import JsonObject
from emsp.pushes.tell_rejected import described
from emsp.stores.rejected import RejectedStore


class DismissedPush(Payload):
    """The payload of dismiss_rejected: which push, by its key, and why."""

    key: Annotated[str, Field(min_length=1, max_length=1024)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@dataclass(frozen=True)
class DismissRejected:
    """The use case, with the bucket."""

    store: RejectedStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """The push as list_rejected tells it, with `dismissed`. It stays dismissed when it comes again.

        Raises InvalidInvocation, also for a key under which there is nothing; StoreUnavailable.
        """
        asked = read_payload(DismissedPush, payload)
        push = self.store.dismiss(asked.key, asked.reason, self.now())
        if push is None:
            raise InvalidInvocation(
                f"there is no rejected push under key {asked.key}: list_rejected tells those that there are"
            )
        log.warning(
            "dismissed, never to be replayed", key=asked.key, object_id=push.object_id, reason=asked.reason
        )
        return described(push, asked.key)
