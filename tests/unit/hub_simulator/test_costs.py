"""What a simulated CPO bills is what its CDR says that was used."""

from decimal import Decimal

import pytest

from tests.hub_simulator.costs import Use, costs

TARIFF = {"elements": [{"price_components": [{"type": "PARKING_TIME", "price": 120.0, "step_size": 60}]}]}


@pytest.mark.parametrize(("parking_s", "cost"), [("0", 0), ("0.179", 0), ("0.2", 2), ("60", 2), ("61", 4)])
def test_a_time_that_rounds_to_none_costs_nothing(parking_s: str, cost: int) -> None:
    """A CDR has hours with four decimals."""
    use = Use(Decimal(40), Decimal(2), Decimal(parking_s))
    assert costs(TARIFF, use)["TOTAL"].excl_vat == cost
