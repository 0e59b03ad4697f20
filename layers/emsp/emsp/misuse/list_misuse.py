"""List the findings of one token, or of all tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from emsp.invocation import InvalidInvocation, Moment, ObjectId, Payload, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue, stored_object
from emsp.ocpi.parties import PartyId
from emsp.stores.misuse_findings import KEPT_FOR, FindingStore, StoredFinding
from emsp.stores.table import time_text

PAGE: Final = 200
AT_ONE_TIME: Final = 100
"""The largest number of findings with the same time at the end of a page."""


class ListMisuseRequest(Payload):
    """The payload of list_misuse. A field that is missing selects all findings."""

    token_uid: ObjectId | None = None
    start: Annotated[Moment | None, Field(alias="from")] = None
    """The earliest time of the findings."""
    next: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The `next` of the previous answer."""


@dataclass(frozen=True)
class ListMisuse:
    """Lists stored findings, page by page."""

    findings: FindingStore
    our_party: PartyId
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return `{"findings": [...], "next": ...}`, oldest first. Raises InvalidInvocation and
        StoreUnavailable.
        """
        request = read_payload(ListMisuseRequest, payload)
        now = self.now()
        earliest = now - KEPT_FOR - timedelta(days=31)
        start = max(request.start.astimezone(UTC), earliest) if request.start else earliest
        after, found_at = "", time_text(start)
        if request.next:
            found_at, _, after = request.next.partition(" ")
            if not after or not time_text(earliest) <= found_at <= time_text(now):
                raise InvalidInvocation(
                    "next is not from an answer of list_misuse: leave it out for the first page"
                )
        found = [
            each for each in self._found(request, found_at, now) if not _was_listed(each, found_at, after)
        ]
        page = found[:PAGE]
        listed: list[JsonValue] = [stored_object(each.body, f"finding {each.finding_id}") for each in page]
        more = len(found) > PAGE
        return {"findings": listed, "next": f"{page[-1].found_at} {page[-1].finding_id}" if more else None}

    def _found(self, request: ListMisuseRequest, found_at: str, now: datetime) -> list[StoredFinding]:
        end, most = time_text(now + timedelta(minutes=1)), PAGE + AT_ONE_TIME
        if request.token_uid is None:
            found = self.findings.of_all(found_at, end, most)
        else:
            token_key = self.our_party.key_of(request.token_uid)
            found = self.findings.of_token(token_key, found_at, end, most)
        return sorted(found, key=lambda each: (each.found_at, each.finding_id))


def _was_listed(finding: StoredFinding, found_at: str, after: str) -> bool:
    """Whether a previous page contained this finding."""
    return bool(after) and finding.found_at == found_at and finding.finding_id <= after
