"""Alarms run against days that go well, and against days on which their fault begins."""

from functools import cache
from typing import Final

from tests.alarms.evaluation import EXTRA_PERIODS, Alarm, Looks, Metrics, Name, State, changes, of_template
from tests.alarms.faults import FAULTS
from tests.alarms.healthy import DAY, HOUR, MONTH, Healthy
from tests.alarms.world import World
from tests.template.template import resources, template

TRAFFIC: Final = (10, 100, 10_000)
"""Charges a day."""
BEFORE: Final = 3 * DAY
"""Days that go well before a fault begins, so that alarms know them."""
BEGINS: Final = BEFORE + 10 * HOUR
"""At ten in the morning."""
WATCHED_FOR: Final = 3 * DAY
SEEDS: Final = (1, 2, 3)
AT_ONCE: Final = 2 * HOUR
"""Minutes that are gone through before alarms are looked at."""


@cache
def alarms() -> dict[str, Alarm]:
    """Those of the templates, with the defaults of their parameters."""
    defaults = {name: parameter.get("Default") for name, parameter in template()["Parameters"].items()}
    found = resources("AWS::CloudWatch::Alarm")
    return {name: of_template(each["Properties"], defaults) for name, each in found.items()}


@cache
def _looked_at() -> frozenset[Name]:
    return frozenset(watched.name for alarm in alarms().values() for watched in alarm.metrics.values())


@cache
def healthy_month(charges_a_day: int) -> Metrics:
    """What a month leaves in which nothing is amiss, after the days that alarms know."""
    world = World(_looked_at())
    healthy = Healthy(world, charges_a_day, seed=0)
    for at in range(BEFORE + MONTH):
        healthy.minute(at)
    return world.metrics


def false_alarms(alarm: Alarm, charges_a_day: int) -> int:
    """How often it turns on in a healthy month, by the worse reading of CloudWatch."""
    looks = Looks(alarm, healthy_month(charges_a_day))
    month = range(BEFORE, BEFORE + (MONTH if looks.see_anything else 2 * HOUR), max(1, alarm.period // 5))
    times = []
    for extra in EXTRA_PERIODS:
        times.append(sum(each.state == State.ALARM for each in changes(looks, month, extra)))
        if not looks.found_gaps:
            break
    return max(times)


@cache
def _healthy_days(charges_a_day: int, seed: int) -> Healthy:
    """Until the hour in which a fault begins."""
    healthy = Healthy(World(_looked_at()), charges_a_day, seed)
    for at in range(BEGINS):
        healthy.minute(at)
    return healthy


def minutes_until_on(name: str, charges_a_day: int) -> int | None:
    """From the first push, command or run that meets with its fault, at worst; None: it stays off."""
    found = [_minutes_until_on(name, charges_a_day, seed) for seed in SEEDS]
    on = [each for each in found if each is not None]
    return max(on) if len(on) == len(found) else None


def _minutes_until_on(name: str, charges_a_day: int, seed: int) -> int | None:
    """By every reading of CloudWatch; the slowest counts."""
    alarm = alarms()[name]
    world = World({watched.name for watched in alarm.metrics.values()})
    fault = FAULTS[name](world, charges_a_day, seed).after(_healthy_days(charges_a_day, seed))
    looks = Looks(alarm, world.metrics)
    states, on = dict.fromkeys(EXTRA_PERIODS, State.OK), dict[int, int]()
    for part in range(BEGINS, BEGINS + WATCHED_FOR, AT_ONCE):
        for at in range(part, part + AT_ONCE):
            fault.minute(at)
        for extra in EXTRA_PERIODS:
            for each in changes(looks, range(part, part + AT_ONCE), extra, states[extra]):
                states[extra] = each.state
                if each.state == State.ALARM and fault.met is not None and each.minute >= fault.met:
                    on.setdefault(extra, each.minute - fault.met)
        if on.keys() == states.keys():
            return max(on.values())
    assert fault.met is not None, f"nothing met with the fault of {name}"
    return None
