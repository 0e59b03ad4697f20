"""Honest drivers give no alarm: a month of 10,000 random charges. Among them, each planted misuse does."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from emsp.distance import distance_m
from emsp.misuse.apply_rules import MisuseRules
from emsp.misuse.finding import Misuse, MisuseFinding
from emsp.misuse.token_charge import TokenCharge
from tests.unit.misuse.charges import DELHI, a_charge, at

CHARGES, DRIVERS = 10_000, 400
RULES = MisuseRules(speed_kmh=200, at_once=2)
WINDOW = timedelta(hours=24)


def driver(random_: random.Random, name: str) -> list[TokenCharge]:
    """Charges for a month, drives on at up to 130 km/h, sometimes with a second car of the family at the same
    place, sometimes with a start that fails or that the CPO refuses; sessions and CDRs
    tell the same up to rounding.
    """
    minute, place, charges = random_.uniform(0, 600), _somewhere(random_), []
    for number in range(CHARGES // DRIVERS):
        power = Fraction(random_.choice([3, 7, 11, 22, 60, 120, 240]))
        length = random_.uniform(1, 30) if random_.random() < 0.1 else random_.uniform(10, 600)
        kwh = Fraction(round(float(power) * length / 60 * random_.uniform(0.2, 1.02), 2)).limit_denominator(
            100
        )
        failed = random_.random() < 0.03
        kept = {
            "position": place,
            "power_kw": power if random_.random() < 0.8 else None,
            "session_kwh": Fraction(0) if failed else kwh,
            "cdr_kwh": None
            if failed or random_.random() < 0.1
            else kwh + Fraction(random_.choice([-1, 0, 1]), 10),
            "failed": failed,
            "ended": random_.random() < 0.97,
            "evse_uid": f"E{random_.randrange(50)}",
            "auth_method": random_.choice(["WHITELIST", "COMMAND", "AUTH_REQUEST"]),
        }
        end = minute + (1 if failed else length)
        refused = random_.randrange(4) if random_.random() < 0.04 else 0
        for tap in range(refused):
            when, evse = minute - 3 * (tap + 1), f"NEAR{random_.randrange(2)}"
            nothing = {"session_kwh": None, "failed": True, "evse_uid": evse, "command_id": f"R{tap}"}
            charges.append(a_charge(f"{name}-{number}-R{tap}", when, when, **nothing))
        charges.append(a_charge(f"{name}-{number}", minute, end, **kept))
        half = {"session_kwh": kwh / 4, "cdr_kwh": None, "evse_uid": "OTHER"}
        if random_.random() < 0.05 and length > 5 and not failed:
            charges.append(a_charge(f"{name}-{number}-2", minute + 1, end, **{**kept, **half}))
        there = _near(random_, place) if random_.random() < 0.9 else _somewhere(random_)
        pause = random_.uniform(70, 3000) if not failed else random_.uniform(3, 20)
        speed = random_.uniform(20, 130)
        minute, place = end + pause + distance_m(*place, *there) / 1000 / speed * 60, there
    return charges


def _somewhere(random_: random.Random) -> tuple[float, float]:
    return random_.uniform(8, 32), random_.uniform(70, 92)


def _near(random_: random.Random, place: tuple[float, float]) -> tuple[float, float]:
    return place[0] + random_.uniform(-0.5, 0.5), place[1] + random_.uniform(-0.5, 0.5)


def found_in(tokens: dict[str, list[TokenCharge]]) -> dict[str, list[MisuseFinding]]:
    """As the function looks: each charge among those of its token that are near it in time."""
    found: dict[str, dict[str, MisuseFinding]] = defaultdict(dict)
    for token, charges in tokens.items():
        for one in charges:
            near = [
                each
                for each in charges
                if each is not one and one.start - WINDOW <= each.start <= one.last_seen + WINDOW
            ]
            for finding in RULES.findings(one, near):
                found[token][finding.id] = finding
    return {token: list(each.values()) for token, each in found.items()}


@pytest.mark.parametrize("seed", range(3))
def test_no_false_alarm_and_all_that_is_planted(seed: int) -> None:
    random_ = random.Random(seed)
    tokens = {f"D{number}": driver(random_, f"D{number}") for number in range(DRIVERS)}
    assert sum(map(len, tokens.values())) >= CHARGES
    assert found_in(tokens) == {}

    planted: dict[str, set[Misuse]] = {}
    for number, token in enumerate(random_.sample(sorted(tokens), 40)):
        charges = tokens[token]
        victim = random_.choice([each for each in charges[5:-5] if not each.failed and each.ended])
        start = (victim.start - at(0)) / timedelta(minutes=1)
        match number % 4:
            case 0:  # a copy far away, meanwhile
                place = DELHI if distance_m(*(victim.position or DELHI), *DELHI) > 300_000 else (9.0, 77.0)
                charges.append(a_charge(f"{token}-X", start + 2, start + 9, position=place))
                planted[token] = {Misuse.FAR_APART}
            case 1:
                charges += [
                    a_charge(f"{token}-X{each}", start + 0.5, start + 0.9, position=victim.position)
                    for each in range(3)
                ]
                planted[token] = {Misuse.TOO_MANY_AT_ONCE}
            case 2:
                index = charges.index(victim)
                charges[index] = a_charge(
                    victim.key,
                    start,
                    start + 60,
                    position=victim.position,
                    power_kw=Fraction(50),
                    cdr_kwh=Fraction(80),
                )
                planted[token] = {Misuse.TOO_MUCH_ENERGY}
            case 3:
                charges += [
                    a_charge(
                        f"{token}-F{each}",
                        start + 5 * each,
                        start + 5 * each + 1,
                        session_kwh=Fraction(0),
                        evse_uid=f"F{each}",
                        position=victim.position,
                    )
                    for each in range(6)
                ]
                for each in charges[-3:] if number % 8 == 3 else ():  # commands that were refused
                    refused = replace(
                        each, session_kwh=None, failed=True, last_seen=each.start, command_id=each.key
                    )
                    charges[charges.index(each)] = refused
                planted[token] = {Misuse.FAILED_STARTS}
    found = {token: {each.kind for each in findings} for token, findings in found_in(tokens).items()}
    assert found.keys() == planted.keys()
    for token, kinds in planted.items():
        assert kinds <= found[token]
