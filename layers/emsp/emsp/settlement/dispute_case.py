"""The rules of a dispute: when a CDR opens a case, what is left of it, and which state follows which. Pure.

There is one case for each CDR. Its history only grows.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import exact
from emsp.pricing.check import Verdict
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE


class DisputeState(StrEnum):
    """OPEN: nobody has written to the CPO yet. SENT: it has the claim. ACCEPTED and REFUSED: its answer.
    WITHDRAWN: we no longer claim it. CREDITED: its credit CDRs made up for it.
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
"""What may follow. A new claim opens a closed case again, which is no answer: see is_new_claim."""

CLOSED: Final = tuple(state for state, following in NEXT.items() if not following)


class Cause(StrEnum):
    """What made an entry of a case's history."""

    CHECK = "CHECK"
    CREDIT = "CREDIT"
    ANSWER = "ANSWER"
    REMINDER = "REMINDER"


@dataclass(frozen=True)
class DisputedClaim:
    """What is disputed of a CDR: it claims `claimed`, and `right` is the most that it may claim. Both have
    their VAT, computed where the CDR does not claim it.
    """

    currency: str
    claimed: ClaimedAmount
    right: ClaimedAmount

    @property
    def over_by(self) -> ClaimedAmount:
        return self.left(self.claimed)

    def left(self, rest: ClaimedAmount) -> ClaimedAmount:
        """What is still claimed too much, where credits leave `rest` of the CDR."""
        return rest.less(self.right).at_least_nothing()


def dispute_id_of(cdr_key: str) -> str:
    """The same for each case of a CDR, so that it is opened once."""
    return f"D-{hashlib.sha256(cdr_key.encode()).hexdigest()[:20].upper()}"


def claim_of(check: JsonObject, claimed: ClaimedAmount | None, when: Collection[str]) -> DisputedClaim | None:
    """What a check disputes; None where its verdict is not one of `when`, or nothing is claimed too much."""
    verdict = check.get("verdict")
    if verdict not in when or claimed is None:
        return None
    names = ("least",) if verdict == Verdict.CANNOT_TELL else ("computed", "most")
    right = next((found for name in names if (found := _amount(check.get(name)))), NONE)
    claim = DisputedClaim(str(check.get("currency") or ""), claimed, right)
    return claim if amount_of(claim.over_by) > 0 else None


def amount_of(over_by: ClaimedAmount) -> Fraction:
    """What is disputed, in one number: with VAT; without it where only that is claimed too much."""
    return over_by.decisive or over_by.excl_vat


def clears(check: JsonObject) -> bool:
    """Whether a check says that nothing is claimed too much."""
    return check.get("verdict") in (Verdict.AGREES, Verdict.ROUNDING, Verdict.UNDERCHARGED)


def is_new_claim(left: Fraction, amount: Fraction, last: Cause) -> bool:
    """Whether what a check disputes now opens a closed case again.

    What a check or a credit closed, any claim opens; what a person withdrew, only a larger one than that.
    """
    return last is not Cause.ANSWER or left > amount


def _amount(value: JsonValue) -> ClaimedAmount | None:
    if not isinstance(value, dict):
        return None
    excl_vat = exact(value.get("excl_vat"))
    return None if excl_vat is None else ClaimedAmount(excl_vat, exact(value.get("incl_vat")))
