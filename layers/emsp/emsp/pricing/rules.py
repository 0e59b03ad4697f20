"""The pricing settings of an operator. Everything else follows OCPI 2.2.1 (mod_tariffs, mod_cdrs).

docs/choices.md lists what OCPI leaves open, and what we chose.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

RULES_VERSION: Final = "2"
"""Increases when the same charge can get another price than before. It is stored with every check.

tests/unit/pricing/test_rules_version.py fails if it was not increased.
"""


@dataclass(frozen=True)
class PricingRules:
    """`vat_when_absent` (parameter GstPercent) is the VAT, in percent, of a price component without `vat`.

    None means that it has no VAT, as OCPI says.
    """

    vat_when_absent: Decimal | None = None
