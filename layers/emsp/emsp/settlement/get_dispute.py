"""Return one case with its history and its evidence: what the CPO claims, what is right, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from emsp.invocation import read_payload
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, objects_in, parse_json, stored_object
from emsp.pricing.merged_lines import merged_lines
from emsp.settlement.answer_dispute import DisputeAsked, case_of
from emsp.settlement.case_json import case_json, history_json
from emsp.settlement.dispute_page import dispute_page
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.disputes import Dispute, DisputeStore
from emsp.stores.sessions import SessionStore

OBJECT_BYTES_AT_MOST: Final = 1_000_000
"""The largest CDR or session in an answer. A larger one has no periods, because Lambda answers at most
6 MB.
"""
LINES_AT_MOST: Final = 200
CREDITS_AT_MOST: Final = 20
OF_CHECK: Final = (
    *("verdict", "claimed", "computed", "least", "most", "difference", "parts", "findings", "assumptions"),
    *("tariffs", "likely_cause", "checked_at", "rules", "signed_data"),
)


@dataclass(frozen=True)
class GetDispute:
    """The use case. Raises InvalidInvocation, StoreUnavailable."""

    disputes: DisputeStore
    cdrs: CdrStore
    sessions: SessionStore
    now: Callable[[], datetime]

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return the case as in list_disputes, with `history`, `evidence`, and a page to print (`html`).
        Objects that were deleted since are null.
        """
        case = case_of(self.disputes, read_payload(DisputeAsked, payload).id)
        told: JsonObject = {
            **case_json(case),
            "history": [*history_json(case)],
            "evidence": self._evidence(case),
        }
        return {**told, "html": dispute_page(told, write_datetime(self.now()))}

    def _evidence(self, case: Dispute) -> JsonObject:
        stored = self.cdrs.get(case.cdr_key)
        session = self.sessions.get(stored.session_key) if stored is not None and stored.session_key else None
        check = parse_json(stored.check) if stored is not None and stored.check else None
        checked = check if isinstance(check, dict) else {}
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
    """Return the object without its token, which no dispute needs, and without lists that are too large."""
    told = {name: each for name, each in value.items() if name != "cdr_token"}
    if len(dump_json(told).encode()) <= OBJECT_BYTES_AT_MOST:
        return told
    short = {name: each for name, each in told.items() if not isinstance(each, list)}
    return {**short, "left_out": [*sorted(told.keys() - short.keys())]}
