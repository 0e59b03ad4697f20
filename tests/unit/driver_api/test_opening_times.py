"""When a location is open, by its own clock."""

from datetime import datetime
from typing import Any

import pytest

from emsp.driver_api.opening_times import open_at

ZONE = "Asia/Kolkata"
MONDAY_NOON = datetime.fromisoformat("2026-11-30T12:00:00+05:30")
NIGHT: Any = [{"weekday": 7, "period_begin": "22:00", "period_end": "02:00"}]
DAY: Any = [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}]
CLOSED = [{"period_begin": "2026-11-30T00:00:00Z", "period_end": "2026-12-01T00:00:00Z"}]


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (None, "2026-11-30T12:00:00+05:30", None),
        ({"twentyfourseven": True}, "2026-11-30T12:00:00+05:30", True),
        ({"twentyfourseven": True, "exceptional_closings": CLOSED}, "2026-11-30T12:00:00+05:30", False),
        ({"regular_hours": DAY}, "2026-11-30T12:00:00+05:30", True),
        ({"regular_hours": DAY}, "2026-11-30T14:31:00+00:00", False),
        ({"regular_hours": DAY}, "2026-12-01T12:00:00+05:30", False),
        ({"regular_hours": DAY, "exceptional_openings": CLOSED}, "2026-11-30T23:00:00+05:30", True),
        ({"regular_hours": NIGHT}, "2026-11-29T23:00:00+05:30", True),
        ({"regular_hours": NIGHT}, "2026-11-30T01:00:00+05:30", True),
        ({"regular_hours": NIGHT}, "2026-11-30T03:00:00+05:30", False),
        ({"regular_hours": "always"}, "2026-11-30T03:00:00+05:30", None),
    ],
)
def test_open_at(hours: Any, at: str, expected: bool | None) -> None:
    assert open_at({"opening_times": hours}, datetime.fromisoformat(at), ZONE) is expected


def test_without_a_time_zone_nobody_knows() -> None:
    assert open_at({"opening_times": {"regular_hours": DAY}}, MONDAY_NOON, None) is None
