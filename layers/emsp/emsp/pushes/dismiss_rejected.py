"""Dismiss a rejected push that nobody will replay, with a reason. It is kept, but no longer listed as
open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from emsp.invocation import InvalidInvocation, Payload, read_payload
from emsp.log import log
from emsp.ocpi.json_text import JsonObject
from emsp.pushes.rejected_event import described
from emsp.stores.rejected import RejectedStore


class DismissRejectedRequest(Payload):
    """The payload of dismiss_rejected: the key of the push, and the reason."""

    key: Annotated[str, Field(min_length=1, max_length=1024)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@dataclass(frozen=True)
class DismissRejected:
    """Dismisses a push in the bucket."""

    store: RejectedStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Dismiss a push. Return it in the form of list_rejected, with `dismissed`.

        It remains dismissed if the Hub sends it again. Raises InvalidInvocation (also for an unknown key) and
        StoreUnavailable.
        """
        request = read_payload(DismissRejectedRequest, payload)
        push = self.store.dismiss(request.key, request.reason, self.now())
        if push is None:
            raise InvalidInvocation(
                f"there is no rejected push under key {request.key}: list_rejected returns the existing keys"
            )
        log.warning(
            "dismissed: it is not replayed", key=request.key, object_id=push.object_id, reason=request.reason
        )
        return described(push, request.key)
