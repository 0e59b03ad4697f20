"""A CDR of many periods by a tariff of many elements, each with restrictions of every kind."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, parse_json
from emsp.pricing.check_claim import CheckRules, Verdict, check
from emsp.retail.plan import PricePlan
from emsp.retail.price import PlanInForce
from emsp.retail.price_decision import decide, plug_of
from tests.unit.pricing.sessions import charge

PERIODS: Final = (20, 1000)
ELEMENTS: Final = 50
ZONE: Final = "Asia/Kolkata"
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
    parts: list[JsonObject] = [
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
    return charge(
        *parts,
        tariffs=[tariff_of(ELEMENTS)],
        start_date_time=write_datetime(START),
        end_date_time=write_datetime(START + timedelta(hours=6)),
        total_cost={"excl_vat": 1000, "incl_vat": 1180},
        total_energy=periods,
        total_time=6,
    )


def measured(periods: int, tries: int = 5, *, right: bool = True) -> Figures:
    """A CDR whose claim is right, as nearly all are; or wrong, when known mistakes are tried as well."""
    cdr, rules = cdr_of(periods), CheckRules()
    total = check(cdr, [], ZONE, rules).computed
    assert total is not None
    cdr["total_cost"] = total.as_json() if right else {"excl_vat": 1, "incl_vat": 1}
    text = dump_json(cdr)
    assert (check(cdr, [], ZONE, rules).verdict is Verdict.AGREES) == right
    return Figures(
        check_ms=_least(lambda: check(cdr, [], ZONE, rules).as_json(), tries),
        parse_ms=_least(lambda: parse_json(text), tries * 4),
    )


@dataclass(frozen=True)
class Both:
    """How many times the check alone both sides of a CDR take, and 1,000 rules of a plan one rule."""

    by_cost_plus: float
    by_own_tariff: float
    rules: float


def both_sides(periods: int, tries: int = 15) -> Both:
    """Both sides of a CDR whose claim is right. The tries of what is compared take turns."""
    cdr, rules = cdr_of(periods), CheckRules()
    total = check(cdr, [], ZONE, rules).computed
    assert total is not None
    cdr["total_cost"] = total.as_json()
    plug = plug_of(cdr, None, None)

    def priced(plan: PlanInForce) -> None:
        found = check(cdr, [], ZONE, rules)
        found.as_json()
        decide(plan, plug, cdr, found, ZONE).as_text()

    own: JsonObject = {"tariff": {"elements": [{"price_components": [{"type": "ENERGY", "price": "22"}]}]}}
    one, thousand, owned = plan_of(1), plan_of(1000), plan_of(1, own)
    found = check(cdr, [], ZONE, rules)
    alone, by_cost_plus, by_own_tariff, by_one, by_thousand = _least_of(
        [
            lambda: check(cdr, [], ZONE, rules).as_json(),
            lambda: priced(one),
            lambda: priced(owned),
            lambda: decide(one, plug, cdr, found, ZONE),
            lambda: decide(thousand, plug, cdr, found, ZONE),
        ],
        tries,
    )
    return Both(by_cost_plus / alone, by_own_tariff / alone, by_thousand / by_one)


def plan_of(rules: int, price: JsonObject | None = None) -> PlanInForce:
    """The rule that matches is the last one; those before it are for other CPOs and locations."""
    last: JsonObject = {"price": price or {"cost_plus": {"percent": "10", "per_kwh": "1"}}}
    others: list[JsonValue] = [
        {
            "when": {"location_ids": [f"L{number}"]} if number % 2 else {"cpos": [_cpo(number)]},
            "price": {"cost_plus": {"percent": "20"}},
        }
        for number in range(rules - 1)
    ]
    value: JsonObject = {"id": "P", "currency": "INR", "vat": 18, "rules": [*others, last]}
    return PlanInForce(PricePlan.model_validate(value), 1)


def _cpo(number: int) -> str:
    return f"IN*{chr(65 + number // 100)}{number % 100:02}"


def _least(work: Callable[[], object], tries: int) -> float:
    return _least_of([work], tries)[0]


def _least_of(works: Sequence[Callable[[], object]], tries: int) -> list[float]:
    taken: list[list[int]] = [[] for _ in works]
    for _ in range(tries):
        for work, times in zip(works, taken, strict=True):
            before = time.process_time_ns()
            work()
            times.append(time.process_time_ns() - before)
    return [min(times) / 1e6 for times in taken]
