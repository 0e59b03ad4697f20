"""The rules of a dispute case: what opens it, which amount is disputed, and which state follows which.

Each CDR has at most one case. History entries are added, never changed. Without I/O.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import exact
from emsp.pricing.check_claim import Verdict
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE


class DisputeState(StrEnum):
    """The state of a case.

    OPEN: nobody has sent the claim to the CPO. SENT: the CPO has it. ACCEPTED, REFUSED: the CPO's answer.
    WITHDRAWN: we gave the claim up. CREDITED: credit CDRs have reversed it.
    """

    OPEN = "OPEN"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    CREDITED = "CREDITED"


NEXT: Final[Mapping[DisputeState, Collection[DisputeState]]] = {
    DisputeState.OPEN: (
        DisputeState.SENT,
        DisputeState.ACCEPTED,
        DisputeState.REFUSED,
        DisputeState.WITHDRAWN,
        DisputeState.CREDITED,
    ),
    DisputeState.SENT: (
        DisputeState.ACCEPTED,
        DisputeState.REFUSED,
        DisputeState.WITHDRAWN,
        DisputeState.CREDITED,
    ),
    DisputeState.ACCEPTED: (DisputeState.WITHDRAWN, DisputeState.CREDITED),
    DisputeState.REFUSED: (
        DisputeState.SENT,
        DisputeState.ACCEPTED,
        DisputeState.WITHDRAWN,
        DisputeState.CREDITED,
    ),
    DisputeState.WITHDRAWN: (),
    DisputeState.CREDITED: (),
}
"""The states to which an answer may change a case. A check may open a closed case again: see is_new_claim."""

CLOSED: Final = tuple(state for state, following in NEXT.items() if not following)


class Cause(StrEnum):
    """What changed a case, for its history."""

    CHECK = "CHECK"
    CREDIT = "CREDIT"
    ANSWER = "ANSWER"
    REMINDER = "REMINDER"


@dataclass(frozen=True)
class DisputedClaim:
    """A disputed CDR: it claims `claimed`, and it may claim at most `right`.

    Both amounts have VAT, which is computed if the CDR states none.
    """

    currency: str
    claimed: ClaimedAmount
    right: ClaimedAmount

    @property
    def over_by(self) -> ClaimedAmount:
        return self.left(self.claimed)

    def left(self, rest: ClaimedAmount) -> ClaimedAmount:
        """Return the amount that is still claimed too much if the credits leave `rest` of the CDR."""
        return rest.less(self.right).at_least_nothing()


def dispute_id_of(cdr_key: str) -> str:
    """Return the id of the case of a CDR. It depends only on the CDR, so a CDR can't have two cases."""
    return f"D-{hashlib.sha256(cdr_key.encode()).hexdigest()[:20].upper()}"


def claim_of(check: JsonObject, claimed: ClaimedAmount | None, when: Collection[str]) -> DisputedClaim | None:
    """Return what a check disputes.

    Return None if its verdict is not in `when`, or if the CDR does not claim too much.
    """
    verdict = check.get("verdict")
    if verdict not in when or claimed is None:
        return None
    names = ("least",) if verdict == Verdict.CANNOT_TELL else ("computed", "most")
    right = next((found for name in names if (found := _amount(check.get(name)))), NONE)
    claim = DisputedClaim(str(check.get("currency") or ""), claimed, right)
    return claim if amount_of(claim.over_by) > 0 else None


def amount_of(over_by: ClaimedAmount) -> Fraction:
    """Return the disputed amount with VAT, or without VAT if only that is too high."""
    return over_by.decisive or over_by.excl_vat


def clears(check: JsonObject) -> bool:
    """Whether the check says that the claim is not too high."""
    return check.get("verdict") in (Verdict.AGREES, Verdict.ROUNDING, Verdict.UNDERCHARGED)


def is_new_claim(left: Fraction, amount: Fraction, last: Cause) -> bool:
    """Whether a new claim opens a closed case again.

    Any claim opens a case that a check or a credit closed. Only a larger claim opens one that a person
    withdrew.
    """
    return last is not Cause.ANSWER or left > amount


def _amount(value: JsonValue) -> ClaimedAmount | None:
    if not isinstance(value, dict):
        return None
    excl_vat = exact(value.get("excl_vat"))
    return None if excl_vat is None else ClaimedAmount(excl_vat, exact(value.get("incl_vat")))
