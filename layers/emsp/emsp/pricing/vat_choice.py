"""Choose the VAT of an amount that is stated without VAT.

It is that of the price, or else that of the configured rate (GstPercent). If both are unknown, there is no
VAT, as OCPI defines it.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from emsp.pricing.amounts import Amount

NO_VAT: Final = Fraction(1)
"""The ratio of incl. VAT to excl. VAT if there is no VAT."""


def vat_ratio(price: Amount | None, percent: Decimal | Fraction | None) -> Fraction | None:
    """Return the ratio of incl. VAT to excl. VAT: that of `price`, or else that of the rate `percent`.

    Return None if both are unknown. A price of 0 shows no ratio.
    """
    if price is not None and price.excl_vat:
        return price.incl_vat / price.excl_vat
    return None if percent is None else 1 + Fraction(percent) / 100
