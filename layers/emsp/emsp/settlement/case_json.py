"""A dispute case as JSON, for list_disputes, get_dispute, answer_dispute and the events. Without I/O."""

from fractions import Fraction
from typing import Any

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import text
from emsp.pricing.claims import ClaimedAmount
from emsp.settlement.dispute_case import Cause, DisputedClaim, amount_of
from emsp.stores.disputes import Dispute, Stored


def claim_in(case: Dispute) -> DisputedClaim:
    """Return the disputed claim of the case."""
    return DisputedClaim(case.currency, _amount(case.claimed), _amount(case.right))


def left_in(case: Dispute) -> ClaimedAmount:
    """Return the disputed amount less its credits."""
    return _amount(case.left)


def case_json(case: Dispute) -> JsonObject:
    """Return a case as JSON.

    `amount` is the disputed amount, and `left` the same less its credits: both with VAT. `over_by` and
    `left_over_by` are these two without VAT and with VAT.
    """
    claim, left = claim_in(case), left_in(case)
    return {
        "id": case.dispute_id,
        "cdr": {"country_code": case.country_code, "party_id": case.party_id, "id": case.cdr_id},
        "session_id": case.session_id,
        "state": case.state,
        "currency": case.currency,
        "amount": text(amount_of(claim.over_by)),
        "left": text(amount_of(left)),
        "over_by": claim.over_by.as_json(),
        "left_over_by": left.as_json(),
        "claimed": claim.claimed.as_json(),
        "right": claim.right.as_json(),
        "verdict": case.verdict,
        "likely_cause": case.likely_cause,
        "credits": [*case.credits],
        "cdr_ended_at": case.end_date_time,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "reminders": case.reminders,
        "reminded_at": case.reminded_at,
        "why": str(case.history[-1]["note"]) if case.history else "",
    }


def entry_of(
    case: Dispute, state: str, cause: Cause, note: str, at: str, *, who: str | None = None
) -> dict[str, Any]:
    """Return a new entry of the case's history, of this state at this time (canonical text)."""
    left = text(amount_of(left_in(case)))
    return {"at": at, "cause": cause.value, "state": state, "left": left, "note": note, "who": who}


def history_json(case: Dispute) -> list[JsonObject]:
    """Return the case's history, the oldest entry first."""
    names = ("at", "cause", "state", "left", "note", "who")
    return [
        {name: None if (value := entry.get(name)) is None else str(value) for name in names}
        for entry in case.history
    ]


def _amount(value: Stored) -> ClaimedAmount:
    incl_vat = value["incl_vat"]
    return ClaimedAmount(
        Fraction(str(value["excl_vat"])),
        None if incl_vat is None else Fraction(str(incl_vat)),
        bool(value.get("computed")),
    )
