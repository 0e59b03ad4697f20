"""The status of the claim of a CDR, by its check and by its credits. Without I/O."""

from enum import StrEnum
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import ZERO, Amount, exact
from emsp.pricing.check_claim import Verdict
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, PAISA, Left
from emsp.pricing.read_tariff import word


class ClaimStatus(StrEnum):
    """The status of the claim of a CDR. A credit CDR has none."""

    AGREED = "agreed"
    UNDERCHARGED = "undercharged"
    DISPUTED = "disputed"
    CANNOT_TELL = "cannot_tell"
    CREDITED = "credited"


_STATUSES: Final = {
    Verdict.AGREES: ClaimStatus.AGREED,
    Verdict.ROUNDING: ClaimStatus.AGREED,
    Verdict.UNDERCHARGED: ClaimStatus.UNDERCHARGED,
    Verdict.OVERCHARGED: ClaimStatus.DISPUTED,
}


def claim_status_of(check: JsonObject, left: Left | None) -> ClaimStatus:
    """Return the status of the claim of a CDR.

    `check` is the stored check, or empty. `left` is what remains after the credits, or None if the claim
    can't be read. An overcharged CDR is disputed until its credits reduce it to its price.
    """
    if left is not None and left.is_undone:
        return ClaimStatus.CREDITED
    verdict = word(check.get("verdict"))
    found = next((each for key, each in _STATUSES.items() if key == verdict), ClaimStatus.CANNOT_TELL)
    reduced_to_price = left is not None and left.is_credited and not over_by(check, left).beyond(PAISA)
    return ClaimStatus.AGREED if found is ClaimStatus.DISPUTED and reduced_to_price else found


def over_by(check: JsonObject, left: Left) -> ClaimedAmount:
    """Return how much of what remains of a CDR is above its price, or above the highest possible price.

    It is at least 0. It is 0 if the check has no price.
    """
    right = check.get("computed") or check.get("most")
    if not isinstance(right, dict):
        return NONE
    price = Amount(exact(right.get("excl_vat")) or ZERO, exact(right.get("incl_vat")) or ZERO)
    return left.left.minus(price).at_least_nothing()
