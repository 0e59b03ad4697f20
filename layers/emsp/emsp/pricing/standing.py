"""Classify a CDR for the accounts, by its check and by what credits leave of it. Pure."""

from enum import StrEnum
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import ZERO, Amount, exact
from emsp.pricing.check import Verdict
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, PAISA, Left
from emsp.pricing.read_tariff import word


class Standing(StrEnum):
    """The classes. Each CDR that is no credit belongs to one of them."""

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
    """Return the class of a CDR. `check` is empty if there is none. `left` is None if the claim can't be
    read.

    After a credit, the rest stays disputed, unless it is no more than the charge costs.
    """
    if left is not None and left.is_undone:
        return Standing.CREDITED
    verdict = word(check.get("verdict"))
    found = next((each for key, each in _STANDINGS.items() if key == verdict), Standing.CANNOT_TELL)
    made_up_for = left is not None and left.is_credited and not over_by(check, left).beyond(PAISA)
    return Standing.AGREED if found is Standing.DISPUTED and made_up_for else found


def over_by(check: JsonObject, left: Left) -> ClaimedAmount:
    """Return by how much the rest of a claim exceeds the price of the charge, or its highest possible price.
    It is at least 0. If the check has no price, the result is nothing.
    """
    right = check.get("computed") or check.get("most")
    if not isinstance(right, dict):
        return NONE
    price = Amount(exact(right.get("excl_vat")) or ZERO, exact(right.get("incl_vat")) or ZERO)
    return left.left.minus(price).at_least_nothing()
