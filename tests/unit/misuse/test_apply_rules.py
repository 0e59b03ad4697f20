"""What each rule finds, and what it leaves alone."""

from fractions import Fraction
from typing import Any

import pytest

from emsp.misuse.apply_rules import MisuseRules
from emsp.misuse.finding import Misuse, MisuseFinding, Severity
from emsp.misuse.token_charge import TokenCharge
from emsp.stores.authorized_tokens import Refusal
from tests.unit.misuse.charges import BENGALURU, DELHI, MYSURU, a_charge, at

RULES = MisuseRules(speed_kmh=200, at_once=2)


def found(charge: TokenCharge, *others: TokenCharge, refusal: Refusal | None = None) -> list[MisuseFinding]:
    return list(RULES.findings(charge, others, refusal))


def kinds(charge: TokenCharge, *others: TokenCharge, refusal: Refusal | None = None) -> list[Misuse]:
    return [each.kind for each in found(charge, *others, refusal=refusal)]


@pytest.mark.parametrize(
    ("start", "far"),
    [
        (10, True),  # while the first one runs: 129 km in 10 minutes between their starts
        (39, False),  # while it runs: 129 km are 38.7 minutes at 200 km/h
        (38, True),
        (41, True),  # a minute after it has ended
        (77, True),
        (79, False),  # 39 minutes after its end
        (600, False),
    ],
)
def test_a_driver_is_not_faster_than_the_speed(start: float, far: bool) -> None:
    one, other = a_charge("A"), a_charge("B", start, start + 30, position=MYSURU, auth_method="AUTH_REQUEST")
    assert kinds(other, one) == ([Misuse.FAR_APART] if far else [])
    assert [each.id for each in found(one, other)] == [each.id for each in found(other, one)]


def test_a_charge_that_is_not_known_to_have_ended_counts_from_its_start() -> None:
    one = a_charge("A", 0, 35, ended=False)
    assert kinds(a_charge("B", 41, 60, position=MYSURU), one) == []
    assert kinds(a_charge("B", 30, 60, position=MYSURU), one) == [Misuse.FAR_APART]


def test_evidence_says_how_far_and_how_fast() -> None:
    [finding] = found(a_charge("B", 70, 90, position=DELHI), a_charge("A"))
    assert finding.severity is Severity.HIGH
    assert finding.evidence == {
        "distance_km": "1739.4",
        "minutes": "30",
        "overlap": False,
        "speed_kmh": "3479",
        "speed_kmh_allowed": "200",
    }
    assert [each.key for each in finding.charges] == ["A", "B"]


def test_who_starts_by_the_app_may_start_for_somebody_else() -> None:
    [finding] = found(a_charge("B", 5, 90, position=DELHI, auth_method="COMMAND"), a_charge("A"))
    assert finding.severity is Severity.MEDIUM


@pytest.mark.parametrize("position", [None, BENGALURU, (12.9800, 77.6068)])
def test_no_place_and_the_same_place_are_not_far(position: tuple[float, float] | None) -> None:
    assert kinds(a_charge("B", 0, 90, position=position), a_charge("A")) == []


def test_the_one_that_ended_last_counts_as_well_as_the_one_that_began_last() -> None:
    long, short = a_charge("A", 0, 240), a_charge("S", 60, 90)
    [finding] = found(a_charge("B", 245, 300, position=MYSURU), long, short)
    assert [each.key for each in finding.charges] == ["A", "B"]


def test_more_than_two_at_once_are_one_finding_whoever_looks() -> None:
    three = [a_charge("A", 0, 60), a_charge("B", 10, 50), a_charge("C", 20, 30)]
    ids = {each.id for one in three for each in found(one, *(o for o in three if o is not one))}
    assert len(ids) == 1
    assert kinds(a_charge("D", 50, 70), *three) == []
    assert kinds(a_charge("B", 10, 50), a_charge("A", 0, 60)) == []


def test_a_session_that_nobody_ended_runs_for_an_hour_after_its_last_push() -> None:
    silent = [a_charge("A", 0, 10, ended=False), a_charge("B", 0, 10, ended=False)]
    assert kinds(a_charge("C", 60, 90), *silent) == [Misuse.TOO_MANY_AT_ONCE]
    assert kinds(a_charge("C", 71, 90), *silent) == []


@pytest.mark.parametrize(
    ("allowed", "minutes", "is_found"),
    [
        ("BLOCKED", -1, True),
        ("EXPIRED", 0, True),
        ("BLOCKED", 1, False),  # it had begun before
        ("NOT_ALLOWED", -1, False),
        ("NO_CREDIT", -1, False),
        (None, None, False),  # nobody asked
    ],
)
def test_a_charge_after_a_refusal(allowed: str | None, minutes: float | None, is_found: bool) -> None:
    refusal = None if allowed is None or minutes is None else Refusal(allowed, at(minutes))
    told = kinds(a_charge("A"), refusal=refusal)
    assert told == ([Misuse.REFUSED_TOKEN] if is_found else [])


HALF = {"session_ended": False, "session_seen": at(20), "session_kwh": Fraction(5)}


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"power_kw": Fraction(15)}, False),  # 10 kWh of 10
        ({"power_kw": Fraction(15), "session_kwh": Fraction(14)}, True),  # 14 of 10, 25% and 1 kWh more
        ({"power_kw": Fraction(15), "cdr_kwh": Fraction(14)}, True),
        ({"cdr_kwh": Fraction(1000)}, True),  # more than the session came to, whatever the connector
        ({"cdr_kwh": Fraction("10.9")}, False),
        ({"cdr_kwh": Fraction(12)}, True),
        ({"cdr_kwh": Fraction(12), "session_kwh": None}, False),
        ({"cdr_kwh": Fraction(12), **HALF}, False),  # nobody knows what came after the last push
        ({"cdr_kwh": Fraction(12), "power_kw": Fraction(15), **HALF}, False),
        ({"cdr_kwh": Fraction("19.5"), "power_kw": Fraction(22), **HALF}, True),
        ({"meter_kwh": Fraction(10)}, False),
        ({"meter_kwh": Fraction(8)}, True),
        ({"cdr_kwh": Fraction(10), "signed_kwh": Fraction("9.9")}, False),
        ({"cdr_kwh": Fraction(10), "signed_kwh": Fraction(5)}, True),
        ({"session_kwh": None}, False),
    ],
)
def test_energy_that_can_not_be(changes: dict[str, Any], is_found: bool) -> None:
    assert kinds(a_charge("A", **changes)) == ([Misuse.TOO_MUCH_ENERGY] if is_found else [])


def tries(*starts: float, evses: int = 4) -> list[TokenCharge]:
    return [
        a_charge(f"F{number}", start, start + 1, session_kwh=Fraction(0), evse_uid=f"E{number % evses}")
        for number, start in enumerate(starts)
    ]


@pytest.mark.parametrize(
    ("charges", "is_found"),
    [
        (tries(0, 5, 10, 15, 20), True),
        (tries(0, 5, 10, 15), False),
        (tries(0, 5, 10, 15, 20, evses=3), False),
        (tries(0, 20, 40, 60, 80), False),  # no hour has five
        (tries(0, 50, 55, 60, 65, 70), True),
    ],
)
def test_failed_starts_at_many_evses(charges: list[TokenCharge], is_found: bool) -> None:
    each = {finding.id for one in charges for finding in found(one, *(o for o in charges if o is not one))}
    assert len(each) == (1 if is_found else 0)
