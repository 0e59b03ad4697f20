"""Choose the VAT of an amount that is stated without it.

The VAT of its price counts, or else the configured rate (GstPercent). If there is neither, there is no VAT,
as in OCPI.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from emsp.pricing.amounts import Amount

NO_VAT: Final = Fraction(1)
"""The ratio of an amount with VAT to the amount without."""


def vat_ratio(price: Amount | None, percent: Decimal | Fraction | None) -> Fraction | None:
    """Return the ratio of an amount with VAT to the amount without: that of `price`, or else by the rate.

    None if both are unknown. A price of 0 shows no VAT.
    """
    if price is not None and price.excl_vat:
        return price.incl_vat / price.excl_vat
    return None if percent is None else 1 + Fraction(percent) / 100
