"""Which wall clock a location's time_zone names."""

import pytest

from emsp.charges.pricing_context import zone_of
from emsp.pricing.local_time import zone_named


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        (" asia/kolkata ", "Asia/Kolkata"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("IST", None),
        ("Asia/Kolkatta", None),
        ("../../etc/passwd", None),
        ("x" * 10_000, None),
        ("", None),
        (None, None),
    ],
)
def test_a_zone_is_found_by_its_name_in_any_case(name: str | None, zone: str | None) -> None:
    found = zone_named(name)
    assert (found.key if found else None) == zone


@pytest.mark.parametrize("told", ["", "  ", "IST", "GMT+5:30", "Asia/Kolkatta"])
def test_a_misspelled_zone_fares_as_a_blank_one(told: str) -> None:
    assert zone_of({}, {"time_zone": told, "country": "IND"}, []) == "Asia/Kolkata"
    assert zone_named(zone_of({}, {"time_zone": told, "country": "DEU"}, [])) is None
