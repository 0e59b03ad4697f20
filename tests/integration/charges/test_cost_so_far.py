"""What a session has cost until now is told with each change of it, and by find_charges until its CDR is
here.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emsp.charges.cached_pricing_context import KEPT_S
from emsp.charges.pricing_context import PricingContext
from emsp.ocpi.json_text import JsonObject
from emsp.stores.commands import CommandStore
from tests.integration.charges.test_check_cdr import keep_version, post, tariff
from tests.integration.charges.test_find_charges import keep_location, only, reference
from tests.integration.house import House
from tests.integration.retail.plans import assign, keep_plan
from tests.integration.samples import cdr, path_of, session
from tests.integration.stored_commands import store_command
from tests.integration.streams import Streams, Tap

SEEN = "2026-11-01T00:00:00.000000000Z"
LOCATION = {
    **reference("LOC1"),
    "time_zone": "Asia/Kolkata",
    "evses": [{"uid": "EVSE1", "connectors": [{"id": "1", "tariff_ids": ["T1"]}]}],
}


@pytest.fixture(scope="module")
def tap(built_house: House) -> Tap:
    return Tap()


@pytest.fixture
def streams(house: House, tap: Tap) -> Streams:
    tap.events()
    house.app("publish_changes").cost_so_far.pricing_context._known.clear()
    return Streams()


def push(house: House, minute: int = 0, **changes: Any) -> None:
    value = session(at=f"2026-11-22T10:{minute:02}:00Z", **changes)
    assert house.call("PUT", path_of(value), value).status_code == 1000


def told(house: House, streams: Streams, tap: Tap) -> list[Any]:
    """The cost so far in each event about the session."""
    answer = house.app("publish_changes").handler({"Records": streams.records()}, None)
    assert answer == {"batchItemFailures": []}
    updated = [event["detail"] for event in tap.events() if event["detail-type"] == "Session Updated"]
    return [detail["cost_so_far"] for detail in updated]


def periods(kwh: float, tariff_id: str | None = "T1") -> list[dict[str, Any]]:
    period: dict[str, Any] = {
        "start_date_time": "2026-11-22T09:55:00Z",
        "dimensions": [{"type": "ENERGY", "volume": kwh}],
    }
    return [period if tariff_id is None else {**period, "tariff_id": tariff_id}]


def test_by_the_cpo_and_by_the_tariff(house: House, streams: Streams, tap: Tap) -> None:
    keep_version(house, tariff(20), SEEN)
    push(house, kwh=1.5, charging_periods=periods(1.5))
    cost = {"excl_vat": 50.5, "incl_vat": 59.59}
    push(house, 5, kwh=2.5, charging_periods=periods(2.5), total_cost=cost)
    first, second = told(house, streams, tap)
    assert first == {
        "currency": "INR",
        "by_cpo": None,
        "by_tariff": {"excl_vat": "30", "incl_vat": "35.4"},
        "least": {"excl_vat": "30", "incl_vat": "35.4"},
        "most": {"excl_vat": "30", "incl_vat": "35.4"},
        "reasons": [],
        "assumptions": [
            {
                "code": "TIME_ZONE_ASSUMED",
                "message": "the location names no time_zone: IN has one, Asia/Kolkata",
            }
        ],
    }
    assert second["by_cpo"] == {"excl_vat": "50.5", "incl_vat": "59.59"}
    assert second["by_tariff"] == {"excl_vat": "50", "incl_vat": "59"}


def test_a_session_without_periods_is_priced_by_its_kwh_and_the_time_until_its_push(
    house: House, streams: Streams, tap: Tap
) -> None:
    by_time = tariff(20)
    by_time["elements"][0]["price_components"].append({"type": "TIME", "price": 120, "step_size": 60})
    keep_version(house, by_time, SEEN)
    keep_location(house, json.dumps(LOCATION))
    push(house, 25, kwh=2)
    [cost] = told(house, streams, tap)
    assert cost["by_tariff"] == {"excl_vat": "100", "incl_vat": "118"}
    assert {each["code"] for each in cost["assumptions"]} == {
        "VAT_ASSUMED",
        "TARIFF_ASSUMED",
        "NO_PERIODS",
        "NO_PARKING_TIME",
    }


def test_a_price_that_is_open_is_told_from_least_to_most_and_why(
    house: House, streams: Streams, tap: Tap
) -> None:
    by_power = tariff(20)
    by_power["elements"][0]["restrictions"] = {"max_power": 50}
    by_power["elements"] += tariff(30)["elements"]
    keep_version(house, by_power, SEEN)
    push(house, kwh=10, charging_periods=periods(10))
    [cost] = told(house, streams, tap)
    assert (cost["by_tariff"], cost["least"], cost["most"]) == (
        None,
        {"excl_vat": "200", "incl_vat": "236"},
        {"excl_vat": "300.03", "incl_vat": "354.0354"},
    )
    assert [each["code"] for each in cost["reasons"]] == ["NOT_MEASURED"]


def test_without_a_tariff_the_reason_is_told_and_the_tariff_is_found_once_it_is_there(
    house: House, streams: Streams, tap: Tap
) -> None:
    push(house, kwh=1, charging_periods=periods(1))
    [cost] = told(house, streams, tap)
    assert (cost["by_tariff"], [each["code"] for each in cost["reasons"]]) == (None, ["NO_TARIFF"])
    keep_version(house, tariff(20), SEEN)
    push(house, 5, kwh=1, charging_periods=periods(1))
    [cost] = told(house, streams, tap)
    assert cost["by_tariff"]["excl_vat"] == "20"


def test_an_event_does_not_wait_for_a_catalogue_that_can_not_be_read(
    house: House, streams: Streams, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(house, total_cost={"excl_vat": 50})
    client = house.app("publish_changes").cost_so_far.pricing_context.look_up.versions.client
    monkeypatch.setattr(client, "get_item", _throttled)
    [cost] = told(house, streams, tap)
    assert cost["by_cpo"] == {"excl_vat": "50", "incl_vat": "59", "computed": True}
    assert (cost["by_tariff"], [each["code"] for each in cost["reasons"]]) == (None, ["CATALOGUE_NOT_READ"])


def _throttled(**_: Any) -> Any:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "GetItem")


def test_a_session_that_is_pushed_again_is_looked_up_once_in_a_quarter_of_an_hour(
    house: House, streams: Streams, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_version(house, tariff(20), SEEN)
    known = house.app("publish_changes").cost_so_far.pricing_context
    now = 0.0
    looked: list[JsonObject] = []
    look_up = known.look_up

    def counted(charge: JsonObject) -> PricingContext:
        looked.append(charge)
        found: PricingContext = look_up(charge)
        return found

    monkeypatch.setattr(known, "clock", lambda: now)
    monkeypatch.setattr(known, "look_up", counted)
    for minute in range(1, 6):
        push(house, minute, kwh=minute, charging_periods=periods(minute))
    assert [cost["by_tariff"]["excl_vat"] for cost in told(house, streams, tap)] == [
        "20",
        "40",
        "60",
        "80",
        "100",
    ]
    assert len(looked) == 1
    push(house, 6, charging_periods=periods(6, tariff_id=None))
    push(house, 7, charging_periods=periods(7), connector_id="2")
    told(house, streams, tap)
    assert len(looked) == 3, "another tariff, another connector"
    now = KEPT_S
    push(house, 8, charging_periods=periods(8))
    told(house, streams, tap)
    assert len(looked) == 4


def test_a_tariff_of_very_many_faults_makes_no_large_event(house: House, streams: Streams, tap: Tap) -> None:
    restrictions = {f"max_power_{number}": 1 for number in range(500)}
    faulty = tariff(20)
    faulty["elements"][0]["restrictions"] = restrictions
    keep_version(house, faulty, SEEN)
    push(house, charging_periods=periods(1))
    [cost] = told(house, streams, tap)
    assert len(cost["reasons"]) == 10


def test_find_charges_tells_it_until_the_cdr_is_here(house: House) -> None:
    keep_version(house, tariff(20), SEEN)
    push(house, kwh=2.5, charging_periods=periods(2.5), total_cost={"excl_vat": 50.5, "incl_vat": 59.59})
    charge = only(house, {"session": reference("S-1")})
    assert charge["cost_so_far"]["by_cpo"] == {"excl_vat": "50.5", "incl_vat": "59.59"}
    assert charge["cost_so_far"]["by_tariff"] == {"excl_vat": "50", "incl_vat": "59"}
    post(house, cdr())
    assert only(house, {"session": reference("S-1")})["cost_so_far"] is None


def test_get_command_tells_it_until_the_cdr_is_here(house: House) -> None:
    house.apps.clear()  # they remember whose plan it was
    keep_version(house, tariff(20), SEEN)
    keep_plan(house, {"cost_plus": {"percent": "10"}})
    assign(house, "STANDARD")
    store_command("c-1")
    assert get_command(house)["cost_so_far"] is None
    push(house, kwh=2.5, charging_periods=periods(2.5))
    linked = {"session_key": "IN#CPO#S-1", "session_id": "S-1", "linked_by": "token_and_place"}
    CommandStore(house.dynamodb, "commands").link_session("c-1", linked)
    cost = get_command(house)["cost_so_far"]
    assert cost == only(house, {"session": reference("S-1")})["cost_so_far"]
    assert cost["by_tariff"] == {"excl_vat": "50", "incl_vat": "59"}
    assert cost["retail"]["cost"] == {"excl_vat": "55", "vat": "9.9", "incl_vat": "64.9"}
    post(house, cdr())
    assert get_command(house)["cost_so_far"] is None


def get_command(house: House) -> Any:
    return house.app("get_command").handler({"command_id": "c-1"}, None)
