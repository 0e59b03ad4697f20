"""How a CDR stands for those who pay it: by its check, and by what credits have left of it. Pure."""

from enum import StrEnum
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import ZERO, Amount, exact
from emsp.pricing.check import Verdict
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, PAISA, Left
from emsp.pricing.read_tariff import word


class Standing(StrEnum):
    """How a CDR that is no credit stands; each is in one of these."""

    AGREED = "agreed"
    UNDERCHARGED = "undercharged"
    DISPUTED = "disputed"
    CANNOT_TELL = "cannot_tell"
    CREDITED = "credited"


_STANDINGS: Final = {
    Verdict.AGREES: Standing.AGREED,
    Verdict.ROUNDING: Standing.AGREED,
    Verdict.UNDERCHARGED: Standing.UNDERCHARGED,
    Verdict.OVERCHARGED: Standing.DISPUTED,
}


def standing_of(check: JsonObject, left: Left | None) -> Standing:
    """`check` is empty where there is none; `left` is None where the claim can't be read.

    A credit credits what it takes back. What it leaves stays disputed, unless it is no more than the charge
    costs.
    """
    if left is not None and left.is_undone:
        return Standing.CREDITED
    verdict = word(check.get("verdict"))
    found = next((each for key, each in _STANDINGS.items() if key == verdict), Standing.CANNOT_TELL)
    made_up_for = left is not None and left.is_credited and not over_by(check, left).beyond(PAISA)
    return Standing.AGREED if found is Standing.DISPUTED and made_up_for else found


def over_by(check: JsonObject, left: Left) -> ClaimedAmount:
    """What is left of a claim beyond what the charge costs, or beyond the most that it can cost; at least 0.
    Nothing where the check tells no price.
    """
    right = check.get("computed") or check.get("most")
    if not isinstance(right, dict):
        return NONE
    price = Amount(exact(right.get("excl_vat")) or ZERO, exact(right.get("incl_vat")) or ZERO)
    return left.left.minus(price).at_least_nothing()
