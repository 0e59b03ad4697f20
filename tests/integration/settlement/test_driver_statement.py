"""driver_statement from end to end: a driver's month by hand, its credits, pages and CSV."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from emsp.settlement import driver_statement
from tests.integration.charges.test_find_charges import keep_location, reference
from tests.integration.house import REPOSITORY, House
from tests.integration.retail.plans import assign, keep_plan
from tests.integration.samples import cdr_token
from tests.integration.settlement.months import credit, pushed, settle
from tests.integration.settlement.test_revenue import PLUS, SINCE, arrive

HALF = {"excl_vat": -125, "incl_vat": -147.5}


@pytest.fixture(autouse=True)
def driver_with_a_plan(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARKED_RECORDS_QUEUE_URL", "none")
    house.apps.clear()
    keep_plan(house, PLUS, SINCE)
    assign(house, "STANDARD", SINCE)


def state(house: House, month: str = "2026-10", **more: Any) -> Any:
    asked = {"token_uid": "TOKEN1", "month": month, **more}
    return json.loads(json.dumps(house.app("driver_statement").handler(asked, None)))


def cdr_ids(entries: Any) -> list[str]:
    return [each["cdr"]["id"] for each in entries]


def test_a_month_has_lines_credits_and_totals_by_hand(house: House) -> None:
    place = {"name": "MG Road", "state": "Karnataka", "postal_code": "560001"}
    keep_location(house, json.dumps({**reference("LOC1"), "time_zone": "Asia/Kolkata", **place}))
    first, wrong, undone = pushed("C-1"), pushed("C-2", cost=300), pushed("C-3")
    arrive(
        house,
        first,
        wrong,
        undone,
        pushed("C-4", currency="EUR", tariffs=None, charging_periods=None),
        pushed("C-5", cdr_token=cdr_token("OTHER")),
        pushed("C-6", start_date_time="2026-10-31T18:00:00Z", end_date_time="2026-10-31T18:30:00Z"),
        credit(wrong, "C-2-X", total_cost={"excl_vat": -50}),
        credit(undone, "C-3-X"),
        credit(first, "C-1-X", total_cost=HALF, end_date_time="2026-11-04T10:00:00Z"),
    )
    october = state(house)
    assert october["issuer"] == {"name": "Example eMSP", "country_code": "IN", "party_id": "EMS"}
    assert cdr_ids(october["lines"]) == ["C-1", "C-2", "C-3", "C-4"]
    line = october["lines"][0]
    assert (line["start_local"], line["kwh"], line["minutes"]) == ("2026-10-15 15:25:00", "12.5", "45")
    assert {name: line["location"][name] for name in place} == {
        **place,
        "name": first["cdr_location"].get("name", place["name"]),
    }
    assert line["cost"] == {"excl_vat": "275", "vat": "49.5", "incl_vat": "324.5"}
    assert line["vat_by_rate"] == [{"vat_percent": "18", "excl_vat": "275", "vat": "49.5"}]
    unpriced = october["lines"][3]
    assert (unpriced["cost"], unpriced["reasons"][0]["code"]) == (None, "OTHER_CURRENCY")
    [undoing] = october["credits"]
    assert (undoing["cdr"]["id"], undoing["credited_by"]) == ("C-3", ["C-3-X"])
    assert undoing["cost"] == {"excl_vat": "-275", "vat": "-49.5", "incl_vat": "-324.5"}
    [total] = october["totals"]
    assert (total["currency"], total["excl_vat"], total["incl_vat"]) == ("INR", "550", "649")
    assert total["vat_by_rate"] == [{"vat_percent": "18", "excl_vat": "550", "vat": "99"}]
    assert settle(house)["manifest"]["totals"]["INR"]["revenue"] == "649", "the accounts' month is the same"

    november = state(house, "2026-11")
    assert cdr_ids(november["lines"]) == ["C-6"], "it ended after midnight in India"
    [half] = november["credits"]
    assert (half["cdr"]["id"], half["cost"]["incl_vat"]) == ("C-1", "-162.25")
    assert november["totals"][0]["incl_vat"] == "162.25"
    assert (october["over"], november["document_key"][:8]) == (True, "2026-11-")


def test_a_statement_is_the_same_until_something_comes(house: House) -> None:
    arrive(house, pushed("C-1"))
    before = state(house)
    assert state(house) == before
    arrive(house, pushed("C-2"))
    after = state(house)
    assert after["document_key"] == before["document_key"]
    assert after["content_hash"] != before["content_hash"]
    assert state(house, "2026-09")["totals"] == []


def test_pages_come_to_the_whole_and_their_csv_adds_up(house: House) -> None:
    first = pushed("C-0")
    arrive(house, first, *(pushed(f"C-{number}") for number in range(1, 4)), credit(first, "C-0-X"))
    whole = state(house)
    pages = [state(house, limit=2)]
    while pages[-1]["next"]:
        pages.append(state(house, limit=2, next=pages[-1]["next"]))
    assert [len(each["lines"]) + len(each["credits"]) for each in pages] == [2, 2, 1]
    assert [entry for page in pages for entry in page["lines"]] == whole["lines"]
    assert all(page["totals"] == whole["totals"] for page in pages)
    text = "".join(page["csv"] for page in pages)
    assert text == whole["csv"]
    rows = [*csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))]
    assert [row["entry"] for row in rows] == ["CHARGE"] * 4 + ["CREDIT"]
    for name in ("excl_vat", "vat", "incl_vat"):
        assert sum(Decimal(row[name]) for row in rows) == Decimal(whole["totals"][0][name])
    arrive(house, pushed("C-9"))
    with pytest.raises(InvalidInvocation, match="start again"):
        state(house, limit=2, next=pages[0]["next"])


def test_what_is_not_decided_yet_is_counted(house: House) -> None:
    assert house.call("POST", "/ocpi/2.2.1/cdrs", pushed("C-1")).status_code == 1000
    assert (state(house)["undecided_cdrs"], state(house)["lines"]) == (1, [])


def test_a_driver_without_a_plan_has_an_empty_statement(house: House) -> None:
    assign(house, None, SINCE)
    arrive(house, pushed("C-1"))
    found = state(house)
    assert (found["lines"], found["totals"], found["undecided_cdrs"]) == ([], [], 0)


def test_months_to_come_and_very_many_cdrs_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInvocation, match="has not begun"):
        state(house, "2099-01")
    arrive(house, *(pushed(f"C-{number}") for number in range(3)))
    monkeypatch.setattr(driver_statement, "CDRS_AT_MOST", 2)
    with pytest.raises(InvalidInvocation, match="more than 2 CDRs"):
        state(house)
    monkeypatch.setattr(driver_statement, "CDRS_AT_MOST", 3)
    monkeypatch.setattr(driver_statement, "CHARACTERS_AT_MOST", 2000)
    with pytest.raises(InvalidInvocation, match="are too large, up to IN#CPO#C-"):
        state(house)


def test_the_sample_event_is_answered(house: House) -> None:
    sample = json.loads((REPOSITORY / "events" / "driver_statement" / "month.json").read_text("utf-8"))
    assert state(house, **sample)["totals"] == []
