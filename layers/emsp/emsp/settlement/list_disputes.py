"""List dispute cases by CPO, state and month."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from emsp.charges.cursor import LENGTH_AT_MOST, ChargesCursor, read_cursor, write_cursor
from emsp.invocation import Payload, ReceivingParty, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.settlement.case_json import case_json
from emsp.settlement.dispute_case import DisputeState
from emsp.settlement.month import Month, MonthName
from emsp.stores.charge_indexes import ANY_TIME, IndexedKey
from emsp.stores.disputes import Dispute, DisputeStore

PAGE: Final = 100
LOOKED_AT_MOST: Final = 1000
"""The largest number of cases that one invocation reads."""


class ListDisputesRequest(Payload):
    """The payload of list_disputes. A field that is missing selects all cases.

    `month` is the month in which the CDR ended, as in settle: its name (`2026-10`) or "previous".
    """

    cpo: ReceivingParty | None = None
    state: DisputeState | None = None
    month: MonthName | None = None
    next: Annotated[str, Field(min_length=1, max_length=LENGTH_AT_MOST)] | None = None
    """The `next` of the previous answer."""


@dataclass(frozen=True)
class ListDisputes:
    """Lists cases. `zone` is the time zone of the months."""

    disputes: DisputeStore
    zone: ZoneInfo
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return `{"disputes": [...], "next": ...}`, ordered by state and by the end of the CDRs.

        If `next` is not null, there are more cases: pass it to the next call. Raises InvalidInvocation and
        StoreUnavailable.
        """
        request = read_payload(ListDisputesRequest, payload)
        question = {name: value for name, value in payload.items() if name in ("cpo", "state", "month")}
        states = [request.state] if request.state else [*DisputeState]
        cursor = ChargesCursor()
        if request.next is not None:
            cursor = read_cursor(request.next, question, len(states), "list_disputes")
        start, end = ANY_TIME
        if request.month is not None:
            start, end = Month.named(request.month, self.zone, self.now()).span
        found: list[JsonValue] = []
        looked = 0
        for part in range(cursor.part, len(states)):
            after = cursor.after if part == cursor.part else None
            begin = (after.key, after.at) if after else None
            for case in self.disputes.in_state(states[part], start, end, begin):
                looked += 1
                if _is_meant(case, request.cpo):
                    found.append(case_json(case))
                if len(found) == PAGE or looked == LOOKED_AT_MOST:
                    reached = ChargesCursor(part, IndexedKey(case.dispute_id, case.end_date_time))
                    return {"disputes": found, "next": write_cursor(reached, question)}
        return {"disputes": found, "next": None}


def _is_meant(case: Dispute, cpo: ReceivingParty | None) -> bool:
    if cpo is None:
        return True
    whose = (case.country_code.upper(), case.party_id.upper())
    return whose == (cpo.country_code.upper(), cpo.party_id.upper())
