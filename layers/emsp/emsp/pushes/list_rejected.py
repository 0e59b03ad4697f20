"""List the rejected pushes that are open, or those that were dismissed."""

from dataclasses import dataclass
from datetime import UTC
from typing import Annotated, Final, Literal

from pydantic import Field

from emsp.deadline import Deadline
from emsp.invocation import Flag, Moment, Payload, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pushes.rejected_event import described, sender_of
from emsp.stores.rejected import RejectedPush, RejectedStore

LOOKED_AT_MOST: Final = 1000
"""The largest number of pushes that one invocation reads. Each costs a call to S3."""
LOOKED_FOR_S: Final = 50.0
"""The longest time in seconds for which one invocation reads. A push may have 6 MB."""


class ListRejectedRequest(Payload):
    """The payload of list_rejected. A field that is missing does not filter."""

    module: Literal["sessions", "cdrs", "commands", "locations", "tariffs"] | None = None
    party: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{2}\*[A-Za-z0-9]{3}$")] | None = None
    """The owner of the object, or the sender: `IN*ABC`."""
    since: Moment | None = None
    """The earliest time of the last try."""
    reason: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """A part of the reason, or the name of the error, in any case."""
    dismissed: Flag = False
    """Whether to list the dismissed pushes instead of the open ones."""
    limit: Annotated[int, Field(strict=True, ge=1, le=500)] = 100
    next: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """The `next` of the previous answer."""


@dataclass(frozen=True)
class ListRejected:
    """Lists the pushes in the bucket `store`."""

    store: RejectedStore

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return `{"rejected": [{"key", "module", "object_id", "reason", ...}], "next": ...}`, ordered by
        key.

        If `next` is not null, there may be more, even if this page is short: pass it to the next call. Raises
        InvalidInvocation and StoreUnavailable.
        """
        request = read_payload(ListRejectedRequest, payload)
        found: list[JsonValue] = []
        looked, last, late = 0, "", Deadline.after(LOOKED_FOR_S)
        for entry in self.store.entries(request.module, request.next or ""):
            if len(found) == request.limit or looked == LOOKED_AT_MOST or (last and not late.remaining()):
                return {"rejected": found, "next": last}
            last = entry.key
            # If a push was last written before `since`, its last try was earlier too.
            if request.since and entry.written_at < request.since.astimezone(UTC).replace(microsecond=0):
                continue
            looked += 1
            push = self.store.get(entry.key)
            if push is not None and _is_meant(push, request):
                found.append(described(push, entry.key))
        return {"rejected": found, "next": None}


def _is_meant(push: RejectedPush, request: ListRejectedRequest) -> bool:
    if bool(push.dismissed) != request.dismissed:
        return False
    if request.party and sender_of(push) != request.party.upper():
        return False
    if request.since and push.last_received_at < request.since:
        return False
    return not request.reason or request.reason.lower() in f"{push.error} {push.reason}".lower()
