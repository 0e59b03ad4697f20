"""The settings of an operator for prices. All other rules are those of OCPI 2.2.1 (mod_tariffs, mod_cdrs).

docs/choices.md lists what OCPI does not define, and what we chose.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

RULES_VERSION: Final = "2"
"""The version of the rules. Each check stores it. Increase it when a charge can get another price than
before.

tests/unit/pricing/test_rules_version.py fails if it was not increased.
"""


@dataclass(frozen=True)
class PricingRules:
    """`vat_when_absent` is the VAT rate, in percent, of a price component without `vat` (parameter
    GstPercent).

    None means that such a component has no VAT, as OCPI defines it.
    """

    vat_when_absent: Decimal | None = None
