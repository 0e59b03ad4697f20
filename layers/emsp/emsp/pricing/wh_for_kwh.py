"""Recognize a CDR whose energy is in Wh instead of kWh. Without I/O."""

from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.stated_quantities import ENERGY, energy_of_cdr, scaled

WH_FROM: Final = Fraction(1000)
"""From this number of kWh the energy may be in Wh, because no truck has such a battery."""
FAR_BELOW: Final = 100
"""If the price is more than FAR_BELOW times the claim, the claim is no discount: its energy may be in Wh."""


def kwh_for_wh(cdr: JsonObject) -> JsonObject | None:
    """Return the CDR with its energy divided by 1000, because it may be in Wh.

    Return None if the energy is less than WH_FROM, so that it is in kWh.
    """
    energy = energy_of_cdr(cdr)
    if energy is None or energy.contradiction or energy.least < WH_FROM:
        return None
    return scaled(cdr, ENERGY, energy.least / 1000)


def claims_far_less(claimed: Fraction, priced: Fraction) -> bool:
    """Whether a claim is so far below the price (both excl. VAT) that its energy is likely to be in Wh."""
    return 0 < claimed * FAR_BELOW < priced


def least_energy(cdr: JsonObject) -> Fraction | None:
    """Return the smallest energy in kWh that the CDR may mean, or None if it states no energy."""
    energy = energy_of_cdr(kwh_for_wh(cdr) or cdr)
    return energy.least if energy else None
