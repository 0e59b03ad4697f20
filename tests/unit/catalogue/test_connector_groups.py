"""What can be plugged in, and at what power."""

import pytest

from emsp.catalogue.connector_groups import power_w


@pytest.mark.parametrize(
    ("told", "watts"),
    [
        (22000, 22000),
        (22, 22000),
        (7.4, 7400),
        ("350", 350_000),
        (1400, 1400),
        (0, 0),
        ("many", 230 * 32 * 3),
    ],
)
def test_the_power_of_a_connector_in_watts_also_where_it_is_told_in_kw(told: object, watts: int) -> None:
    connector = {"power_type": "AC_3_PHASE", "max_voltage": 230, "max_amperage": 32}
    assert power_w({**connector, "max_electric_power": told}) == watts  # type: ignore[dict-item]
