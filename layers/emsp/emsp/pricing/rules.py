"""The version of the pricing rules, which follow OCPI 2.2.1 (mod_tariffs, mod_cdrs).

docs/choices.md lists what OCPI leaves open, and what we chose.
"""

from typing import Final

RULES_VERSION: Final = "2"
"""Increases when the same charge can get another price than before. It is stored with every check.

tests/unit/pricing/test_rules_version.py fails if it was not increased.
"""
