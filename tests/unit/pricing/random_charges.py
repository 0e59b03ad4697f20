"""Random tariffs and charges, made of what the rules decide; what they leave open is tested apart."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.unit.pricing.slow_pricer import WEEKDAYS

Json = dict[str, Any]

ZONES = ("Asia/Kolkata", "Europe/Amsterdam", "America/Sao_Paulo", "UTC", "Asia/Kathmandu")
TIMES = ("00:00", "06:00", "08:30", "12:00", "17:00", "20:00", "22:15")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Charge:
    """A CDR's periods, the tariff for it, where it was, and whether it is a reservation that expired."""

    cdr: Json
    tariff: Json
    time_zone: str
    expired: bool


def random_charge(seed: int) -> Charge:
    """The same charge for the same seed, on any machine."""
    random = Random(seed)
    reserves = random.random() < 0.2
    expired = reserves and random.random() < 0.4
    tariff = _tariff(random, reserves=reserves)
    return Charge(_cdr(random, reserved=reserves, expired=expired), tariff, random.choice(ZONES), expired)


def _tariff(random: Random, *, reserves: bool) -> Json:
    kinds: list[str | None] = [None] * random.randint(1, 6)
    if reserves:
        kinds += random.sample(["RESERVATION", "RESERVATION_EXPIRES", "RESERVATION"], random.randint(1, 3))
        random.shuffle(kinds)
    tariff: Json = {
        "country_code": "IN",
        "party_id": "ABC",
        "id": "T1",
        "currency": "INR",
        "elements": [_element(random, kind) for kind in kinds],
        "last_updated": "2025-12-01T00:00:00Z",
    }
    for limit, likely in (("min_price", 0.15), ("max_price", 0.15)):
        if random.random() < likely:
            excl_vat = random.randint(1, 20) * 5 + (150 if limit == "max_price" else 0)
            tariff[limit] = {"excl_vat": excl_vat}
            if random.random() < 0.5:
                tariff[limit]["incl_vat"] = excl_vat * 118 / 100
    return tariff


def _element(random: Random, reservation: str | None) -> Json:
    types = ["FLAT", "TIME"] if reservation else ["FLAT", "ENERGY", "TIME", "PARKING_TIME"]
    types = random.sample(types, random.randint(1, len(types)))
    element: Json = {"price_components": [_component(random, each) for each in types]}
    restrictions = _restrictions(random) if random.random() < 0.7 else {}
    if reservation:
        restrictions["reservation"] = reservation
    if restrictions:
        element["restrictions"] = restrictions
    return element


def _component(random: Random, dimension: str) -> Json:
    steps = {"FLAT": (1,), "ENERGY": (0, 1, 100, 500, 1000, 5000)}.get(dimension, (0, 1, 60, 300, 600, 900))
    component: Json = {
        "type": dimension,
        "price": random.randint(1, 4000) / 100,
        "step_size": random.choice(steps),
    }
    if random.random() < 0.8:
        component["vat"] = random.choice((0, 5, 18, 28))
    return component


def _restrictions(random: Random) -> Json:
    restrictions: Json = {}
    match random.choice(("time", "dates", "days", "kwh", "duration", "power", "current", "time and days")):
        case "time" | "time and days" as which:
            start, end = random.sample(TIMES, 2)
            restrictions |= random.choice(
                ({"start_time": start, "end_time": end}, {"start_time": start}, {"end_time": end})
            )
            if which == "time and days":
                restrictions["day_of_week"] = random.sample(WEEKDAYS, random.randint(1, 6))
        case "dates":
            restrictions |= {"start_date": "2026-03-01"} if random.random() < 0.5 else {}
            restrictions |= {"end_date": "2026-09-01"} if random.random() < 0.5 else {}
        case "days":
            restrictions["day_of_week"] = random.sample(WEEKDAYS, random.randint(1, 6))
        case "kwh":
            restrictions |= _bounds(random, "kwh", 30)
        case "duration":
            restrictions |= _bounds(random, "duration", 7200)
        case "power":
            restrictions |= _bounds(random, "power", 60)
        case _:
            restrictions |= _bounds(random, "current", 60)
    return restrictions


def _bounds(random: Random, what: str, about: int) -> Json:
    least, most = sorted(random.sample(range(1, about), 2))
    return random.choice(
        ({f"min_{what}": least}, {f"max_{what}": most}, {f"min_{what}": least, f"max_{what}": most})
    )


def _cdr(random: Random, *, reserved: bool, expired: bool) -> Json:
    began = BEGINNING + timedelta(minutes=random.randrange(365 * 24 * 60))
    now, periods = began, []
    if reserved:
        minutes = random.randint(1, 90)
        periods.append(_period(now, {"RESERVATION_TIME": minutes / 60}))
        now += timedelta(minutes=minutes)
    parking = False
    for _ in range(0 if expired else random.randint(1, 6)):
        minutes = random.randint(1, 120)
        parking = parking or random.random() < 0.25
        volumes: dict[str, float] = {"PARKING_TIME" if parking else "TIME": minutes / 60}
        if not parking:
            volumes["ENERGY"] = random.randint(0, 40_000) / 1000
        power, current = random.randint(1, 60), random.randint(1, 60)
        volumes |= {"MIN_POWER": power, "MAX_POWER": power, "MIN_CURRENT": current, "MAX_CURRENT": current}
        periods.append(_period(now, volumes))
        now += timedelta(minutes=minutes)
    return {
        "start_date_time": _text(began),
        "end_date_time": _text(now),
        "currency": "INR",
        "charging_periods": periods,
    }


def _period(start: datetime, volumes: dict[str, float]) -> Json:
    dimensions = [{"type": name, "volume": round(volume, 4)} for name, volume in volumes.items()]
    return {"start_date_time": _text(start), "dimensions": dimensions}


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
