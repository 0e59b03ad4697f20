"""Record a new state of a dispute case: sent, answered by the CPO, or withdrawn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from emsp.drivers.pseudonymize_driver import Person
from emsp.invocation import InvalidInvocation, Payload, read_payload
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, as_object, stored_object
from emsp.settlement.case_json import case_json, entry_of, history_json
from emsp.settlement.dispute_case import NEXT, Cause, DisputeState
from emsp.stores.cdrs import CdrStore
from emsp.stores.disputes import ENTRIES_AT_MOST, Dispute, DisputeStore
from emsp.stores.table import ConditionFailed, StoreUnavailable, time_text

ATTEMPTS: Final = 3
DRIVER: Final = "[driver]"
"""The text that replaces the driver's ids in a note."""

type DisputeId = Annotated[str, Field(pattern=r"^D-[0-9A-F]{20}$")]


class AnswerDisputeRequest(Payload):
    """The payload of answer_dispute: the new state of the case, the reason, and who reports it."""

    id: DisputeId
    state: Literal["SENT", "ACCEPTED", "REFUSED", "WITHDRAWN"]
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    who: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


@dataclass(frozen=True)
class AnswerDispute:
    """Changes the state of a case. Raises InvalidInvocation and StoreUnavailable."""

    disputes: DisputeStore
    cdrs: CdrStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return the changed case in the form of list_disputes, with its `history`.

        An answer that is repeated changes nothing. The note is stored without the driver's ids, because a
        note can't be changed later.
        """
        request = read_payload(AnswerDisputeRequest, payload)
        for _ in range(ATTEMPTS):
            case = case_of(self.disputes, request.id)
            try:
                note = self._without_driver(request.note, case)
                kept = self._answered(case, request.model_copy(update={"note": note}))
            except ConditionFailed:
                continue
            return {**case_json(kept), "history": [*history_json(kept)]}
        raise StoreUnavailable(f"dispute {request.id} was changed at the same time by others: try again")

    def _without_driver(self, note: str, case: Dispute) -> str:
        cdr = self.cdrs.get(case.cdr_key)
        body = stored_object(cdr.body, f"CDR {cdr.object_key}") if cdr else {}
        token = as_object(body.get("cdr_token"))

        def ids(*names: str) -> set[str]:
            return {(id_text(token.get(name)) or "").strip().upper() for name in names} - {""}

        driver = Person(DRIVER, ids("uid", "visual_number"), ids("contract_id"))
        return driver.forgotten_in({"note": note}).get("note", note)

    def _answered(self, case: Dispute, request: AnswerDisputeRequest) -> Dispute:
        last = case.history[-1]
        if (last["state"], last["note"], last["who"]) == (request.state, request.note, request.who):
            return case
        state, now = DisputeState(case.state), DisputeState(request.state)
        if now not in NEXT[state]:
            following = ", ".join(NEXT[state]) or "none; only a new claim opens it again"
            raise InvalidInvocation(
                f"dispute {request.id} is {state}, and can't be {now}: the next state may be {following}"
            )
        if len(case.history) >= ENTRIES_AT_MOST and now is not DisputeState.WITHDRAWN:
            raise InvalidInvocation(
                f"dispute {request.id} has {len(case.history)} entries: only the answer WITHDRAWN is accepted"
            )
        at = time_text(self.now())
        entry = entry_of(case, now.value, Cause.ANSWER, request.note, at, who=request.who)
        return self.disputes.keep(replace(case, state=now.value, changed_at=at), entry)


def case_of(disputes: DisputeStore, dispute_id: str) -> Dispute:
    """Return the case. Raises InvalidInvocation if it does not exist."""
    case = disputes.get(dispute_id)
    if case is None:
        raise InvalidInvocation(f"there is no dispute {dispute_id}: list_disputes returns the existing ones")
    return case
