"""Revenue and margin of a month: by CPO, by plan and in total, from the CDRs that streams brought."""

from typing import Any

import pytest

from tests.integration.house import House
from tests.integration.lambda_context import Context
from tests.integration.retail.plans import assign, keep_plan
from tests.integration.settlement.months import credit, push, pushed, rows, settle
from tests.integration.streams import Streams

SINCE = "2026-01-01T00:00:00.000000000Z"
PLUS = {"cost_plus": {"percent": "10"}}


def arrive(house: House, *cdrs: dict[str, Any]) -> None:
    """With their prices decided, as the stream of the table has it done."""
    streams = Streams()
    push(house, *cdrs, checked=False)
    house.app("check_cdr").handler({"Records": streams.records()}, Context(600))


@pytest.fixture
def driver_with_a_plan(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARKED_RECORDS_QUEUE_URL", "none")
    house.apps.clear()
    keep_plan(house, PLUS, SINCE)
    assign(house, "STANDARD", SINCE)


@pytest.mark.usefixtures("driver_with_a_plan")
def test_a_month_has_revenue_and_margin_by_cpo_and_by_plan(house: House) -> None:
    wrong, undone = pushed("C-2", cost=300), pushed("C-3")
    other = pushed("C-4", party_id="OTH", currency="EUR", tariffs=None, charging_periods=None)
    arrive(
        house,
        pushed("C-1"),
        wrong,
        undone,
        other,
        credit(undone, "C-3-X"),
        credit(wrong, "C-2-X", total_cost={"excl_vat": -50}, end_date_time="2026-11-03T10:00:00Z"),
        credit(pushed("C-1"), "C-1-X", total_cost={"excl_vat": -125}, end_date_time="2026-11-04T10:00:00Z"),
    )
    october = settle(house)
    revenue = october["manifest"]["revenue"]
    # 2 x 275, and 275 that are undone; 250 and 300 are claimed
    assert revenue["by_plan"] == [
        {"plan_id": "STANDARD", "currency": "EUR", **sums(0, 1, "0", "0", "0")},
        {"plan_id": "STANDARD", "currency": "INR", **sums(3, 0, "550", "649", "0")},
    ]
    assert [each["party_id"] for each in revenue["by_cpo"]] == ["CPO", "OTH"]
    totals = october["manifest"]["totals"]["INR"]
    assert (totals["revenue"], totals["margin_excl_vat"]) == ("649", "0")
    cpo, _ = rows(house, october, "by_cpo.csv")
    assert (cpo["priced_cdrs"], cpo["revenue_excl_vat"], cpo["margin_excl_vat"]) == ("3", "550", "0")
    _, inr = rows(house, october, "by_plan.csv")
    assert (inr["plan_id"], inr["revenue"]) == ("STANDARD", "649")

    # what was claimed beyond the price comes back, and half of a charge
    november = settle(house, "2026-11")["manifest"]["revenue"]["by_plan"]
    assert november == [{"plan_id": "STANDARD", "currency": "INR", **sums(0, 0, "-137.5", "-162.25", "37.5")}]


def sums(priced: int, unpriced: int, *money: str) -> dict[str, Any]:
    names = ("revenue_excl_vat", "revenue", "margin_excl_vat")
    return {"priced_cdrs": priced, "unpriced_cdrs": unpriced, **dict(zip(names, money, strict=True))}


def test_without_price_plans_nothing_of_this_appears(house: House) -> None:
    house.apps.clear()
    push(house, pushed("C-1"))
    answer = settle(house)
    assert "by_plan.csv" not in answer["manifest"]["files"]
    assert "revenue" not in str(answer)
    assert "revenue" not in rows(house, answer, "by_cpo.csv")[0]
