"""Each alarm turns on for its own fault within the time that it promises, and never in a healthy month."""

import pytest

from tests.alarms.faults import FAULTS
from tests.alarms.page import promised, row, rows
from tests.alarms.run import alarms


def test_every_alarm_has_its_fault_and_its_row() -> None:
    assert alarms().keys() == FAULTS.keys() == rows().keys()
    assert all(fault.__doc__ for fault in FAULTS.values())


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_an_alarm_does_what_its_row_and_its_description_say(name: str) -> None:
    found = row(name)
    assert found == rows()[name], "run `make alarms-table`"
    cells = [each.strip() for each in found.strip("|").split("|")]
    ten, *others = (int(each.replace(",", "")) for each in cells[2:5])
    general, at_ten_a_day = promised(name)
    assert max(others) <= general
    assert ten <= at_ten_a_day
    assert cells[5] == "0, 0, 0"
