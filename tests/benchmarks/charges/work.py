"""A CDR of many periods by a tariff of many elements, each with restrictions of every kind."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, parse_json
from emsp.pricing.check import CheckRules, Verdict, check

PERIODS: Final = (20, 1000)
ELEMENTS: Final = 50
START: Final = datetime(2026, 11, 23, 4, tzinfo=UTC)
DAYS: Final = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


@dataclass(frozen=True)
class Figures:
    """Milliseconds of CPU, the least of several tries."""

    check_ms: float
    parse_ms: float

    @property
    def ratio(self) -> float:
        return self.check_ms / self.parse_ms


def tariff_of(elements: int) -> JsonObject:
    """Windows of the day, bands of energy, power and duration, and at the end what always applies."""
    made: list[JsonValue] = []
    for number in range(elements - 1):
        hour = number % 24
        restrictions: dict[str, Any] = {
            "start_time": f"{hour:02}:00",
            "end_time": f"{(hour + 1) % 24:02}:00",
            "day_of_week": [*DAYS] if number % 2 else ["SATURDAY", "SUNDAY"],
            "min_kwh": number % 5,
            "min_duration": 60 * (number % 7),
            "max_power": 150,
        }
        made.append({"price_components": _components(10 + number), "restrictions": restrictions})
    made.append({"price_components": [{"type": "FLAT", "price": 5, "step_size": 1}, *_components(9)]})
    identity: JsonObject = {"country_code": "IN", "party_id": "ABC", "id": "T1", "currency": "INR"}
    return {**identity, "elements": made, "last_updated": "2026-01-01T00:00:00Z"}


def _components(price: int) -> list[JsonValue]:
    return [
        {"type": kind, "price": price, "vat": 18, "step_size": step}
        for kind, step in (("ENERGY", 100), ("TIME", 60), ("PARKING_TIME", 300))
    ]


def cdr_of(periods: int) -> JsonObject:
    step = timedelta(hours=6) / periods
    parts: list[JsonValue] = [
        {
            "start_date_time": write_datetime(START + number * step),
            "tariff_id": "T1",
            "dimensions": [
                {"type": "ENERGY", "volume": 1},
                {"type": "TIME", "volume": parse_json(f"{6 / periods:.4f}")},
                {"type": "MIN_POWER", "volume": 20},
                {"type": "MAX_POWER", "volume": 60},
            ],
        }
        for number in range(periods)
    ]
    return {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "C1",
        "session_id": "S1",
        "currency": "INR",
        "start_date_time": write_datetime(START),
        "end_date_time": write_datetime(START + timedelta(hours=6)),
        "tariffs": [tariff_of(ELEMENTS)],
        "charging_periods": parts,
        "total_cost": {"excl_vat": 1000, "incl_vat": 1180},
        "total_energy": periods,
        "total_time": 6,
    }


def measured(periods: int, tries: int = 5, *, right: bool = True) -> Figures:
    """A CDR whose claim is right, as nearly all are; or wrong, when known mistakes are tried as well."""
    cdr, rules = cdr_of(periods), CheckRules()
    total = check(cdr, [], "Asia/Kolkata", rules).computed
    assert total is not None
    cdr["total_cost"] = total.as_json() if right else {"excl_vat": 1, "incl_vat": 1}
    text = dump_json(cdr)
    assert (check(cdr, [], "Asia/Kolkata", rules).verdict is Verdict.AGREES) == right
    return Figures(
        check_ms=_least(lambda: check(cdr, [], "Asia/Kolkata", rules).as_json(), tries),
        parse_ms=_least(lambda: parse_json(text), tries * 4),
    )


def _least(work: Callable[[], object], tries: int) -> float:
    taken = []
    for _ in range(tries):
        before = time.process_time_ns()
        work()
        taken.append(time.process_time_ns() - before)
    return min(taken) / 1e6
