"""Return one dispute case with its history and its evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from pydantic import model_validator

from emsp.charges.check_cdr import CdrReference
from emsp.invocation import InvalidInvocation, Payload, read_payload
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import (
    JsonObject,
    JsonValue,
    as_object,
    dump_json,
    objects_in,
    parse_json,
    stored_object,
)
from emsp.pricing.merged_lines import merged_lines
from emsp.settlement.answer_dispute import DisputeId, case_of
from emsp.settlement.case_json import case_json, history_json
from emsp.settlement.dispute_case import dispute_id_of
from emsp.settlement.dispute_page import dispute_page
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.disputes import Dispute, DisputeStore
from emsp.stores.sessions import SessionStore

OBJECT_BYTES_AT_MOST: Final = 1_000_000
"""The largest CDR or session in an answer, in bytes, because Lambda's limit is 6 MB. A larger one has no
periods.
"""
LINES_AT_MOST: Final = 200
CREDITS_AT_MOST: Final = 20
OF_CHECK: Final = (
    *("verdict", "claimed", "computed", "least", "most", "difference", "parts", "findings", "assumptions"),
    *("tariffs", "likely_cause", "checked_at", "rules", "signed_data"),
)


class GetDisputeRequest(Payload):
    """The payload of get_dispute: the id of a case, the disputed CDR, or a CDR that credits it."""

    id: DisputeId | None = None
    cdr: CdrReference | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.id is None) == (self.cdr is None):
            raise ValueError('give either "id" or "cdr"')
        return self


@dataclass(frozen=True)
class GetDispute:
    """Finds a case and its evidence. Raises InvalidInvocation and StoreUnavailable."""

    disputes: DisputeStore
    cdrs: CdrStore
    sessions: SessionStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return the case in the form of list_disputes, with `history`, `evidence`, and a page to print
        (`html`).

        An object that was deleted is null.
        """
        case = self._case(read_payload(GetDisputeRequest, payload))
        answered: JsonObject = {
            **case_json(case),
            "history": [*history_json(case)],
            "evidence": self._evidence(case),
        }
        return {**answered, "html": dispute_page(answered, write_datetime(self.now()))}

    def _case(self, request: GetDisputeRequest) -> Dispute:
        if request.cdr is None:
            return case_of(self.disputes, request.id or "")
        key = request.cdr.key
        cases = (self.disputes.get(dispute_id_of(each)) for each in (key, *self._credited_by(key)))
        # A credit CDR without a reference belongs to the case whose credits contain it.
        found = next((each for each in cases if each and (each.cdr_key == key or key in each.credits)), None)
        if found is None:
            raise InvalidInvocation(f"CDR {key} has no dispute, and credits no CDR that has one")
        return found

    def _credited_by(self, key: str) -> list[str]:
        """Return the keys of the CDRs that this credit CDR may credit."""
        credit = self.cdrs.get(key)
        if credit is None or credit.credits_key:
            return [credit.credits_key] if credit and credit.credits_key else []
        return [each.object_key for each in self.cdrs.of_session(credit.session_key or "")]

    def _evidence(self, case: Dispute) -> JsonObject:
        stored = self.cdrs.get(case.cdr_key)
        session = self.sessions.get(stored.session_key) if stored is not None and stored.session_key else None
        checked = as_object(parse_json(stored.check) if stored is not None and stored.check else None)
        lines = merged_lines(objects_in(checked, "lines"))
        found: JsonObject = {name: checked.get(name) for name in OF_CHECK}
        credited = [
            each for key in case.credits[:CREDITS_AT_MOST] if (each := self.cdrs.get(key)) is not None
        ]
        return {
            "cdr": _cdr(stored),
            "session": _small(stored_object(session.body, f"session {session.object_key}"))
            if session is not None
            else None,
            **found,
            "lines": [*lines[:LINES_AT_MOST]],
            "lines_left_out": max(0, len(lines) - LINES_AT_MOST),
            "credit_cdrs": [_cdr(each) for each in credited],
        }


def _cdr(stored: StoredCdr | None) -> JsonValue:
    if stored is None:
        return None
    return _small(stored_object(stored.body, f"CDR {stored.object_key}"))


def _small(value: JsonObject) -> JsonObject:
    """Return the object without its token, because a dispute needs none, and without lists that are too
    large.
    """
    answered = {name: each for name, each in value.items() if name != "cdr_token"}
    if len(dump_json(answered).encode()) <= OBJECT_BYTES_AT_MOST:
        return answered
    short = {name: each for name, each in answered.items() if not isinstance(each, list)}
    return {**short, "left_out": [*sorted(answered.keys() - short.keys())]}
