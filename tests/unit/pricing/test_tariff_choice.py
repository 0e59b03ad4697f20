"""Which tariff a charge is priced by."""

from typing import Any

import pytest

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.price_session import price
from tests.unit.pricing.sessions import charge, codes, component, element, excl, period, priced, tariff


def costing(amount: int, **fields: Any) -> JsonObject:
    return tariff(element(component("ENERGY", amount)), **fields)


def cost_of(own: list[JsonObject], pulled: list[JsonObject], tariff_id: Any = "T1", **fields: Any) -> str:
    return excl(price(charge(period(0, ENERGY=1, tariff_id=tariff_id), tariffs=own, **fields), pulled, "UTC"))


@pytest.mark.parametrize(
    ("own", "pulled", "tariff_id", "expected"),
    [
        ([costing(1)], [costing(2)], "T1", "1"),
        ([costing(1)], [], "t1", "1"),
        ([costing(1, id=7), costing(2, id="8")], [], "7", "1"),
        ([costing(1, id="7"), costing(2, id=8)], [], 7, "1"),
        ([], [costing(2)], "T1", "2"),
        ([costing(1)], [costing(2, id="T2")], "T2", "2"),
        ([], [costing(2, party_id="XYZ")], "T1", "NO_TARIFF"),
        ([], [], "T1", "NO_TARIFF"),
        ([costing(1)], [costing(2)], None, "1"),
        ([], [costing(2)], None, "2"),
        ([], [costing(2), costing(3, id="T2", type="AD_HOC_PAYMENT")], None, "2"),
        ([], [costing(2), costing(3, id="T2")], None, "SEVERAL_TARIFFS"),
        ([], [costing(2, end_date_time="2026-01-01T00:00:00Z"), costing(3, id="T2")], None, "3"),
        ([costing(1, currency="EUR")], [], "T1", "OTHER_CURRENCY"),
        ([costing(1, currency="inr")], [], "T1", "1"),
    ],
)
def test_by_its_id_then_by_being_the_only_one_own_ones_first(
    own: list[JsonObject], pulled: list[JsonObject], tariff_id: Any, expected: str
) -> None:
    assert cost_of(own, pulled, tariff_id) == expected


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        ("2026-11-23T10:00:00Z", None, True),
        ("2026-11-23T10:00:01Z", None, False),
        (None, "2026-11-23T10:00:01Z", True),
        (None, "2026-11-23T10:00:00Z", False),
    ],
)
def test_a_tariff_is_valid_from_its_start_to_before_its_end(
    start: str | None, end: str | None, valid: bool
) -> None:
    only = costing(2, start_date_time=start, end_date_time=end)
    assert cost_of([], [only], None) == ("2" if valid else "NO_TARIFF")


def test_of_versions_with_one_id_the_one_that_was_valid_at_the_start_counts_throughout() -> None:
    old = costing(1, end_date_time="2026-11-23T10:30:00Z")
    new = costing(2, start_date_time="2026-11-23T10:30:00Z")
    assert excl(priced([new, old], period(0, ENERGY=1), period(45, ENERGY=1))) == "2"


def test_an_assumed_tariff_is_told() -> None:
    result = price(charge(period(0, ENERGY=1, tariff_id=None)), [costing(2)], "UTC")
    assert "TARIFF_ASSUMED" in codes(result)
