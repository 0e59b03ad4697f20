"""A check keeps the version of its rules. So whoever changes what a charge costs raises the version."""

import hashlib
from typing import Any

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.pricing.check_claim import CheckRules, check
from emsp.pricing.rules import RULES_VERSION
from tests.unit.pricing.random_charges import random_charge

CHARGES = 60
KNOWN = ("2", "15dd53192f55e5ac256d1cf556c443f72a9b1b2903b97d9df028720703a13cef")
"""The version, and the hash of what these charges cost by it."""


def variants(cdr: dict[str, Any]) -> list[dict[str, Any]]:
    """The CDR as CPOs send it: whole, without periods, with its times alone, in Wh, without a session."""
    volumes = [each for period in cdr["charging_periods"] for each in period["dimensions"]]
    energy = sum(each["volume"] for each in volumes if each["type"] == "ENERGY")
    totals = {**cdr, "total_energy": energy, "total_cost": {"excl_vat": 100, "incl_vat": 118}}
    session = {**{name: each for name, each in totals.items() if name != "total_energy"}, "kwh": energy}
    return [
        totals,
        {**totals, "charging_periods": []},
        {**totals, "charging_periods": [], "total_energy": 0, "session_id": None},
        {**totals, "total_energy": energy / 1000},
        {**session, "kwh": energy * 1000},
        {**totals, "credit": "true"},
    ]


def what_they_cost() -> str:
    found: list[JsonObject] = []
    for seed in range(CHARGES):
        charge = random_charge(seed)
        for cdr in variants(charge.cdr):
            told = check(cdr, [charge.tariff], "Asia/Kolkata", CheckRules()).as_json()
            found.append({name: told[name] for name in ("verdict", "computed", "least", "most")})
    return hashlib.sha256(dump_json([*found]).encode()).hexdigest()


def test_whoever_changes_what_a_charge_costs_raises_the_version() -> None:
    assert (RULES_VERSION, what_they_cost()) == KNOWN, (
        "the same charge costs something else: raise RULES_VERSION, and put both into KNOWN"
    )
