"""What a driver pays, from the push of a CDR to find_charges: decided once, told once, kept for ever."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from emsp.ocpi.datetimes import canonical_datetime
from tests.integration.charges.test_check_cdr import a_cdr, one, periods, post, run, tariff
from tests.integration.house import House
from tests.integration.house import house as furnished_house
from tests.integration.lambda_context import Context
from tests.integration.retail.plans import assign, keep_plan
from tests.integration.streams import Streams, Tap

PLUS = {"cost_plus": {"percent": "10"}}


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    with furnished_house() as house, pytest.MonkeyPatch.context() as patch:
        queue = boto3.client("sqs").create_queue(QueueName="unchecked")
        patch.setenv("PARKED_RECORDS_QUEUE_URL", queue["QueueUrl"])
        yield house


@pytest.fixture(autouse=True)
def a_driver_with_a_plan(house: House) -> None:
    house.apps.clear()  # they remember whose plan it was
    keep_plan(house, PLUS)
    assign(house, "STANDARD")


def arrive(house: House, *cdrs: dict[str, Any]) -> list[Any]:
    """What the bus gets when these arrive."""
    streams, tap = Streams(), Tap()
    post(house, *cdrs)
    records = streams.records()
    run(house, {"Records": records})
    house.app("publish_changes").handler({"Records": [*records, *streams.records()]}, None)
    return [event["detail"] for event in tap.events() if event["detail-type"] == "Charge Priced"]


def found(house: House, cdr_id: str = "C-1") -> Any:
    answered = house.app("find_charges").handler(one(cdr_id), Context())
    return json.loads(json.dumps(answered))["charges"][0]


@pytest.mark.parametrize("year", ["1970", "2000", "2126"])
def test_a_driver_pays_though_the_cpos_clock_was_never_set(house: House, year: str) -> None:
    times: dict[str, Any] = {
        "start_date_time": f"{year}-01-01T00:00:00Z",
        "end_date_time": f"{year}-01-01T00:45:00Z",
    }
    [priced] = arrive(house, a_cdr(tariffs=[tariff(20)], **times))
    assert priced["retail"]["cost"]["incl_vat"] == "324.5"


def test_a_cdr_that_arrives_has_its_price_once(house: House) -> None:
    [priced] = arrive(house, a_cdr(tariffs=[tariff(20)]))
    assert (priced["id"], priced["session_id"]) == ("C-1", "S-1")
    assert priced["retail"]["plan"] == {"id": "STANDARD", "version": 1}
    assert priced["retail"]["cost"] == {"excl_vat": "275", "vat": "49.5", "incl_vat": "324.5"}
    assert priced["retail"]["margin"] == {"excl_vat": "25"}
    assert found(house)["retail"] == priced["retail"]
    keep_plan(house, {"cost_plus": {"percent": "50"}})
    assert arrive(house, a_cdr(tariffs=[tariff(20)])) == [], "it comes again"
    run(house, one())
    assert found(house)["retail"] == priced["retail"]


@pytest.mark.parametrize("since", [None, "2026-11-23T00:00:00Z"])
def test_without_a_plan_when_it_began_nothing_of_this_appears(house: House, since: str | None) -> None:
    assign(house, None)
    if since:
        assign(house, "STANDARD", canonical_datetime(since))
    assert arrive(house, a_cdr(tariffs=[tariff(20)])) == []
    assert "retail" not in found(house)


def test_a_cdr_that_came_before_the_plan_stays_without_a_price(house: House) -> None:
    assign(house, None)
    arrive(house, a_cdr(tariffs=[tariff(20)]))
    assign(house, "STANDARD", canonical_datetime(datetime.now(UTC)))
    house.apps.clear()
    run(house, one())
    assert "retail" not in found(house)


def test_the_plan_of_the_start_counts_though_it_changed_at_midnight_in_india(house: House) -> None:
    keep_plan(house, {"cost_plus": {"percent": "50"}}, canonical_datetime("2026-11-22T00:00:01Z"))
    keep_plan(house, PLUS, canonical_datetime("2026-11-22T18:30:00Z"))
    begun: dict[str, Any] = {
        "start_date_time": "2026-11-22T18:29:59Z",
        "end_date_time": "2026-11-22T19:29:59Z",
        "charging_periods": [{**periods()[0], "start_date_time": "2026-11-22T18:29:59Z"}],
    }
    [before] = arrive(house, a_cdr(tariffs=[tariff(20)], **begun))
    assert (before["retail"]["plan"]["version"], before["retail"]["cost"]["excl_vat"]) == (2, "375")


def test_credits_of_a_later_month_and_corrections_are_taken_off(house: House) -> None:
    wrong = a_cdr(cost=500, tariffs=[tariff(20)])
    [priced] = arrive(house, wrong)
    assert priced["retail"]["margin"] == {"excl_vat": "-225"}
    later = {"credit": True, "credit_reference_id": "C-1", "end_date_time": "2027-01-05T10:00:00Z"}
    assert arrive(house, a_cdr("C-2", cost=-250, **later, tariffs=[tariff(20)])) == []
    retail = found(house)["retail"]
    assert (retail["cost"]["incl_vat"], retail["margin"]["excl_vat"]) == ("324.5", "25")
    arrive(house, a_cdr("C-3", cost=-250, **later, tariffs=[tariff(20)]))
    retail = found(house)["retail"]
    assert (retail["cost"]["incl_vat"], retail["margin"]["excl_vat"]) == ("0", "0")
    arrive(house, a_cdr("C-4", cost=200, tariffs=[tariff(16)]))
    assert found(house, "C-4")["retail"]["cost"] == {"excl_vat": "220", "vat": "39.6", "incl_vat": "259.6"}


def test_what_was_decided_on_a_claim_changes_only_when_asked(house: House) -> None:
    [priced] = arrive(house, a_cdr(cost=300, charging_periods=periods("T1")))
    assert (priced["retail"]["basis"], priced["retail"]["cost"]["excl_vat"]) == ("CLAIM", "330")
    from tests.integration.charges.test_check_cdr import keep_version

    keep_version(house, tariff(20), "2026-11-01T00:00:00.000000000Z")
    assert run(house, one())["verdict"] == "OVERCHARGED"
    assert found(house)["retail"] == priced["retail"]
    streams, tap = Streams(), Tap()
    run(house, {**one(), "reprice": True})
    house.app("publish_changes").handler({"Records": streams.records()}, None)
    retail = found(house)["retail"]
    assert (retail["basis"], retail["cost"]["excl_vat"]) == ("TARIFF", "275")
    assert [line["kind"] for line in retail["lines"]] == ["CHARGE", "REPRICED"]
    assert [event["detail"]["retail"] for event in tap.events()] == [retail]
    run(house, {**one(), "reprice": True})
    assert found(house)["retail"] == retail
