"""The rejected pushes that are still open, or those that were dismissed, with why each was refused."""

from dataclasses import dataclass
from datetime import UTC
from typing import Annotated, Final, Literal

from pydantic import Field

from emsp.invocation import Flag, Moment, Payload, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pushes.tell_rejected import described, sender_of
from emsp.stores.rejected import RejectedPush, RejectedStore

LOOKED_AT_MOST: Final = 1000
"""Pushes that one invocation reads, each of them a call to S3."""


class RejectedQuestion(Payload):
    """The payload of list_rejected; what is not given lets all pass."""

    module: Literal["sessions", "cdrs", "commands", "locations", "tariffs"] | None = None
    party: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{2}\*[A-Za-z0-9]{3}$")] | None = None
    """`IN*ABC`: whose object it is, or who sent it."""
    since: Moment | None = None
    """When it came last, at the earliest."""
    reason: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """A part of the reason, or the name of the error, in any case."""
    dismissed: Flag = False
    """True: those that were dismissed, instead of those that are open."""
    limit: Annotated[int, Field(strict=True, ge=1, le=500)] = 100
    next: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """What the answer before gave as `next`."""


@dataclass(frozen=True)
class ListRejected:
    """The use case, with the bucket."""

    store: RejectedStore

    def __call__(self, payload: JsonObject) -> JsonObject:
        """`{"rejected": [{"key", "module", "object_id", "reason", ...}], "next"}`, in the order of the keys.

        `next`, where it is not null, goes into the next call: there may be more, also where this page is
        short. Raises InvalidInvocation, StoreUnavailable.
        """
        asked = read_payload(RejectedQuestion, payload)
        found: list[JsonValue] = []
        looked, last = 0, ""
        for entry in self.store.entries(asked.module, asked.next or ""):
            if len(found) == asked.limit or looked == LOOKED_AT_MOST:
                return {"rejected": found, "next": last}
            last = entry.key
            # What was written before `since` was received before it.
            if asked.since and entry.written_at < asked.since.astimezone(UTC).replace(microsecond=0):
                continue
            looked += 1
            push = self.store.get(entry.key)
            if push is not None and _is_meant(push, asked):
                found.append(described(push, entry.key))
        return {"rejected": found, "next": None}


def _is_meant(push: RejectedPush, asked: RejectedQuestion) -> bool:
    if bool(push.dismissed) != asked.dismissed:
        return False
    if asked.party and sender_of(push) != asked.party.upper():
        return False
    if asked.since and push.last_received_at < asked.since:
        return False
    return not asked.reason or asked.reason.lower() in f"{push.error} {push.reason}".lower()
