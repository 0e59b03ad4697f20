"""The engine and the slow pricer, written apart from each other, come to the same amounts."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from emsp.pricing.notes import Code
from emsp.pricing.price_session import price
from tests.profiles import portion
from tests.unit.pricing.random_charges import Charge, random_charge
from tests.unit.pricing.slow_pricer import bill

CHARGES = portion(6_000)
BLOCKS = 20

# Hours have four decimals: where they mean a multiple of step_size, one may take them as they are.
TOLERANCE = Fraction(1, 1000)


def as_pushed(charge: Charge) -> Any:
    """The CDR as the Hub pushes and we parse it: numbers are exact."""
    cdr = charge.cdr | {"country_code": "IN", "party_id": "ABC", "tariffs": [charge.tariff]}
    cdr["cdr_location"] = {"evse_uid": "#NA" if charge.expired else "E1"}
    if not charge.expired:
        cdr["session_id"] = "S1"
    return json.loads(json.dumps(cdr), parse_float=Decimal)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_two_pricers_that_know_nothing_of_each_other_agree(block: int) -> None:
    decided = 0
    for seed in range(block * CHARGES // BLOCKS, (block + 1) * CHARGES // BLOCKS):
        charge = random_charge(seed)
        ours = price(as_pushed(charge), time_zone=charge.time_zone)
        theirs = bill(charge.cdr, [charge.tariff], charge.time_zone, expired=charge.expired)
        if ours.total is None:
            # A restriction on a power that was not measured. The slow pricer takes it as not met.
            assert {note.code for note in ours.reasons} == {Code.NOT_MEASURED}, seed
            assert ours.least is not None
            assert ours.most is not None
            # Bounds leave out that hours of four decimals may mean a multiple of step_size: to the paisa.
            slack = 10 * TOLERANCE
            least, most = ours.least.excl_vat - slack, ours.most.excl_vat + slack
            assert least <= theirs.total.excl_vat <= most, seed
            continue
        decided += 1
        amounts = {"total": ours.total} | {str(part): amount for part, amount in ours.parts.items()}
        for name, amount in amounts.items():
            other = getattr(theirs, name)
            assert abs(amount.excl_vat - other.excl_vat) <= TOLERANCE, (seed, name)
            assert abs(amount.incl_vat - other.incl_vat) <= TOLERANCE, (seed, name)
    assert decided > CHARGES // BLOCKS // 2
