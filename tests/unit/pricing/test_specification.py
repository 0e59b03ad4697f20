"""Every session that OCPI's text works through costs what the text says."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import plain
from emsp.pricing.price_session import price
from emsp.pricing.priced import Priced

SPECIFICATION = json.loads(
    (Path(__file__).parent / "examples" / "specification.json").read_text(encoding="utf-8"),
    parse_float=Decimal,
)
# Volumes in hours have four decimals, the text's minutes do not.
ROUNDED_HOURS = Fraction("0.0002")


def charge_of(example: dict[str, Any]) -> JsonObject:
    tariff = SPECIFICATION["tariffs"][example["tariff"]]
    periods = [{**period, "tariff_id": tariff["id"]} for period in example["charging_periods"]]
    expired = example["expired_reservation"]
    return {
        "country_code": "DE",
        "party_id": "ALL",
        "currency": "EUR",
        "start_date_time": example["start_date_time"],
        "end_date_time": example["end_date_time"],
        "session_id": None if expired else "101",
        "cdr_location": {"evse_uid": "#NA" if expired else "3256"},
        "tariffs": [tariff],
        "charging_periods": periods,
    }


def priced(example: dict[str, Any]) -> Priced:
    return price(charge_of(example), time_zone="Etc/UTC")


@pytest.mark.parametrize("example", SPECIFICATION["sessions"], ids=lambda each: str(each["id"]))
def test_costs_what_the_specification_says(example: dict[str, Any]) -> None:
    result = priced(example)
    assert result.total is not None, result.reasons
    assert not result.reasons
    expected = example["expected"]
    assert abs(result.total.excl_vat - Fraction(expected["excl_vat"])) <= ROUNDED_HOURS
    assert abs(result.total.incl_vat - Fraction(expected["incl_vat"])) <= ROUNDED_HOURS


@pytest.mark.parametrize("example", SPECIFICATION["sessions"], ids=lambda each: str(each["id"]))
def test_its_bounds_are_its_price_where_nothing_changes_within_a_period(example: dict[str, Any]) -> None:
    result = priced(example)
    assert result.least is not None
    assert result.most is not None
    assert result.total is not None
    if not any(note.code == "PERIOD_SPANS_CHANGE" for note in result.notes):
        assert result.least == result.total == result.most


@pytest.mark.parametrize("example", SPECIFICATION["sessions"], ids=lambda each: str(each["id"]))
def test_its_lines_add_up_to_its_parts_and_explain_themselves(example: dict[str, Any]) -> None:
    result = priced(example)
    for part, amount in result.parts.items():
        lines = [line.amount for line in result.lines if line.use.part is part]
        assert sum((each.excl_vat for each in lines), Fraction()) == amount.excl_vat
        assert sum((each.incl_vat for each in lines), Fraction()) == amount.incl_vat
    for line in result.lines:
        told = line.as_json()
        assert told["tariff"] == {
            "country_code": "DE" if example["tariff"] != "cdr_example" else "BE",
            "party_id": "ALL" if example["tariff"] != "cdr_example" else "BEC",
            "id": SPECIFICATION["tariffs"][example["tariff"]]["id"],
            "last_updated": SPECIFICATION["tariffs"][example["tariff"]]["last_updated"],
        }
        assert str(told["because"]).startswith(f"element {told['element']} of tariff")


def test_a_line_says_what_was_measured_and_what_is_billed() -> None:
    example = next(each for each in SPECIFICATION["sessions"] if each["id"] == "S05")
    lines = {str(line.use.part): line for line in priced(example).lines}
    parking = lines["parking"].as_json()
    assert (parking["measured"], parking["billed"], parking["unit"]) == ("0.6667", "0.75", "h")
    assert (parking["price"], parking["vat"], parking["period"]) == ("2", "20", 2)
    assert (parking["excl_vat"], parking["incl_vat"]) == ("1.5", "1.8")
    assert parking["local_time"] == "2019-03-04T11:00:00+00:00"
    assert "billed in steps of 900 s" in str(parking["because"])


@pytest.mark.parametrize(
    ("number", "places", "written"),
    [("1/3", 4, "0.3333"), ("1/8", 2, "0.13"), ("-1/8", 2, "-0.13"), ("5", 2, "5"), ("0", 2, "0")],
)
def test_an_amount_is_rounded_only_when_written_and_halves_go_up(
    number: str, places: int, written: str
) -> None:
    assert f"{plain(Fraction(number), places):f}" == written
