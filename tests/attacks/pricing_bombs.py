"""Charges and tariffs that are made to take as much time and memory as they can. As a program: prices one of
each, in a process of its own, and writes what that took as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.credible_times import Seen
from emsp.charges.pricing_context import PricingContext
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, objects_in
from emsp.pricing.check_claim import CheckRules, check
from tests.unit.pricing.sessions import charge, component, element, tariff

START: Final = datetime(2026, 11, 23, 4, tzinfo=UTC)
LASTS_H: Final = 20
KWH: Final = Decimal("0.25")
"""Of a period."""
KINDS: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "not_measured": lambda n: {"max_power": n + 1},
    "misspelled": lambda n: {"max_pwer": n},
    "hours": lambda n: {"start_time": clock(n), "end_time": clock(n * 7 + 300), "min_duration": n},
    "bands": lambda n: {"min_kwh": n, "max_kwh": n + 1},
    "never": lambda _: {"max_kwh": 0, "max_duration": 0},
    "many": lambda n: {f"restriction_{each}": n for each in range(200)},
}


def clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def peak_mb() -> int:
    """The most memory of this process. getrusage also counts that of its parent, before exec."""
    [line] = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def tariff_of(elements: int, kind: str) -> JsonObject:
    """Each element at prices of its own."""
    return tariff(
        *(
            element(
                *(component(each, n + 1, vat=n % 29, step=n % 7 + 1) for each in ("ENERGY", "TIME", "FLAT")),
                **KINDS[kind](n),
            )
            for n in range(elements)
        )
    )


def periods_of(number: int) -> list[Any]:
    # A charge that contradicts itself, or may be in Wh, has more prices, each with less work.
    time_h = round(Decimal(LASTS_H) / number, 6)
    dimensions: list[Any] = [
        {"type": "ENERGY", "volume": KWH},
        *({"type": kind, "volume": time_h} for kind in ("TIME", "PARKING_TIME", "RESERVATION_TIME")),
    ]
    return [
        {
            "start_date_time": write_datetime(START + timedelta(seconds=10 * each)),
            "tariff_id": "T1",
            "dimensions": dimensions,
        }
        for each in range(number)
    ]


def charge_of(periods: int, tariffs: list[Any]) -> JsonObject:
    return charge(
        *periods_of(periods),
        tariffs=tariffs,
        start_date_time=write_datetime(START),
        end_date_time=write_datetime(START + timedelta(hours=LASTS_H)),
        cdr_location={},
        total_cost={"excl_vat": 1, "incl_vat": 1},
        total_energy=periods * KWH,
    )


def of_many_readings(charge: JsonObject, elements: int) -> JsonObject:
    """With two energies, no times, a tariff without VAT, and no session: 32 prices may be right."""
    energy: list[Any] = [{"type": "ENERGY", "volume": 1000}]
    periods = [{**each, "dimensions": energy} for each in objects_in(charge, "charging_periods")]
    without_vat = tariff(*(element(component("ENERGY", 1), max_power=n + 1) for n in range(elements)))
    no_session: JsonObject = {"cdr_location": {"evse_uid": "#NA"}, "tariffs": [without_vat]}
    return {**charge, **no_session, "charging_periods": [*periods]}


def checked(charge: JsonObject) -> list[str]:
    found = check(charge, [], "Asia/Kolkata", CheckRules(gst_percent=Decimal(18)))
    return [found.verdict.value, *(each.code for each in found.findings)]


def so_far(charge: JsonObject) -> list[str]:
    session = {**charge, "kwh": 1, "status": "ACTIVE", "last_updated": write_datetime(START)}
    del session["total_energy"]
    seen = Seen(START, START, START)
    priced = CostSoFar(lambda _: PricingContext("Asia/Kolkata", ()), None, lambda *_: None)(
        session, seen
    ).by_tariff
    assert priced is not None
    return [each.code.value for each in priced.reasons]


if __name__ == "__main__":
    use, number_of_periods, number_of_elements, named, copies = sys.argv[1:]
    made = charge_of(int(number_of_periods), [tariff_of(int(number_of_elements), named)] * int(copies))
    before = time.process_time()
    if use == "readings":
        made = of_many_readings(made, int(number_of_elements))
    codes = so_far(made) if use == "so_far" else checked(made)
    took = {"s": time.process_time() - before, "codes": sorted(set(codes))}
    print(json.dumps({**took, "mb": peak_mb()}))
