"""What a driver pays, net of credits: by hand, and against an independent calculation on random histories."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import ClaimedCdr, net_to_pay
from emsp.retail.after_credits import net_retail
from emsp.retail.lines import RetailAmount, total_of
from emsp.retail.price_changes import price_changes
from emsp.retail.price_decision import Decision
from tests.unit.retail.cases import cdr, component, decided, plan, tariff

ENERGY = tariff(component("ENERGY", 1))
PLUS = {"cost_plus": {"percent": "20"}}


def claim(key: str, amount: Any, credits_key: str | None = None) -> ClaimedCdr:
    total = ClaimedAmount(Fraction(str(amount)), None)
    return ClaimedCdr(key, "INR", total, credits_key is not None, credits_key)


def priced(right: Any, claimed: Any, round_to: Any = "0.01") -> Decision:
    """A charge that costs `right`, of which the CPO claims something else."""
    return decided(plan(PLUS, round_to=round_to), cdr(ENERGY, claimed, {"ENERGY": right}))


def told(decisions: dict[str, Decision], *claims: ClaimedCdr) -> Any:
    return net_retail(decisions, net_to_pay(claims))


@pytest.mark.parametrize(
    ("right", "claimed", "credited", "cost", "margin"),
    [
        ("2.50", "5.00", "0", "3", "-2"),
        # the overclaim goes first: nothing changes for the driver
        ("2.50", "5.00", "2.50", "3", "0.5"),
        # half of what is right is left
        ("2.50", "5.00", "3.75", "1.5", "0.25"),
        ("2.50", "5.00", "5.00", "0", "0"),
        ("2.50", "5.00", "6.00", "0", "0"),
        # too little was claimed: what is left is held against the claim
        ("2.50", "2.00", "1.00", "1.5", "0.5"),
        ("2.50", "2.50", "0.01", "2.988", "0.498"),
    ],
)
def test_a_credit_first_removes_the_overclaim(
    right: str, claimed: str, credited: str, cost: str, margin: str
) -> None:
    claims = [claim("A", claimed), *([claim("B", f"-{credited}", "A")] if credited != "0" else [])]
    found = told({"A": priced(right, claimed)}, *claims)
    assert (found["cost"]["excl_vat"], found["margin"]["excl_vat"]) == (cost, margin)
    assert_adds_up(found)


def test_a_correction_leaves_exactly_the_new_price() -> None:
    decisions = {"A": priced("3.33", "5.00"), "C": priced("2.22", "2.22")}
    found = told(decisions, claim("A", "5.00"), claim("B", "-5.00", "A"), claim("C", "2.22"))
    assert found["cost"] == decisions["C"].as_json()["cost"]
    assert_adds_up(found)


def test_a_cdr_of_before_the_plan_has_no_price_and_takes_no_part() -> None:
    found = told({"C": priced("2", "2")}, claim("A", "5.00"), claim("C", "2"))
    assert (found["cost"]["excl_vat"], found["margin"]["excl_vat"]) == ("2.4", "0.4")


def test_what_is_left_of_a_credit_that_cannot_be_read_is_not_guessed() -> None:
    unread = ClaimedCdr("B", "INR", None, is_credit=True, credits_key="A")
    found = told({"A": priced("2", "2")}, claim("A", "2"), unread)
    assert (found["cost"], found["lines"], found["margin"]) == (None, [], None)
    assert [each["code"] for each in found["reasons"]] == ["NET_NOT_KNOWN"]


def test_repricing_is_a_line_of_its_own() -> None:
    by_claim = decided(plan(PLUS), cdr(None, 5, {"ENERGY": 2}))
    now = decided(plan(PLUS), cdr(ENERGY, 5, {"ENERGY": 2}))
    found = by_claim.repriced(now)
    lines: Any = found.lines
    assert [line["kind"] for line in lines] == ["CHARGE", "REPRICED"]
    assert (lines[1]["excl_vat"], found.as_json()["basis"]) == ("-3.6", "TARIFF")
    assert_adds_up(found.as_json())
    assert by_claim.repriced(by_claim) is by_claim


def test_several_cdrs_add_up_though_each_has_repeating_decimals() -> None:
    """A seventh of each is taken back: 0.0148114285714... of VAT twice."""
    decisions = {key: priced("0.08", "0.07") for key in "AB"}
    found = told(
        decisions, *(each for key in "AB" for each in (claim(key, "0.07"), claim(f"{key}X", "-0.01", key)))
    )
    assert_adds_up(found)


CENTS = st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 100)
ONE_CDR = st.tuples(CENTS, CENTS, st.lists(CENTS, max_size=3))
"""What is right, what is claimed, and what is credited."""


@given(st.lists(ONE_CDR, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_any_order_and_repetition_comes_to_the_same(history: Any, random: Any) -> None:
    decisions, claims = {}, []
    excl_vat, incl_vat = Fraction(0), Decimal(0)
    for number, (right, claimed, credited) in enumerate(history):
        decisions[f"A{number}"] = priced(str(right), str(claimed))
        claims.append(claim(f"A{number}", claimed))
        claims += [claim(f"A{number}-{n}", -each, f"A{number}") for n, each in enumerate(credited)]
        share = share_by_hand(right, claimed, sum(credited, Decimal(0)), bool(credited))
        excl = Fraction(right) * Fraction(6, 5) * share
        whole = to_the_paisa(Fraction(right) * Fraction(6, 5) * Fraction(118, 100))
        excl_vat += excl
        incl_vat += to_the_paisa(Fraction(whole) * share)
    random.shuffle(claims)
    found = told(decisions, *dict.fromkeys([*claims, *claims]))
    assert abs(Fraction(found["cost"]["excl_vat"]) - excl_vat) < Fraction(1, 10**9)
    assert Decimal(found["cost"]["incl_vat"]) == incl_vat
    assert_adds_up(found)


@given(st.lists(ONE_CDR, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_months_add_up_to_the_net_in_whichever_month_each_cdr_ended(history: Any, random: Any) -> None:
    decisions: dict[str, Decision] = {}
    months: list[list[ClaimedCdr]] = [[], [], []]
    for number, (right, claimed, credited) in enumerate(history):
        key = f"A{number}"
        decisions[key] = priced(str(right), str(claimed))
        for each in [
            claim(key, claimed),
            *(claim(f"{key}-{n}", -each, key) for n, each in enumerate(credited)),
        ]:
            random.choice(months).append(each)
    cost, margin = RetailAmount(), Fraction(0)
    for number, month in enumerate(months):
        for change in price_changes(decisions, [each for past in months[:number] for each in past], month):
            assert change.cost is not None
            assert change.claimed is not None
            cost += change.cost
            margin += change.cost.excl_vat - change.claimed
            assert change.credited == total_of(change.credit_lines)
    net = told(decisions, *(each for month in months for each in month))
    assert cost.incl_vat == Fraction(net["cost"]["incl_vat"])
    assert abs(cost.excl_vat - Fraction(net["cost"]["excl_vat"])) < Fraction(1, 10**8)
    assert abs(margin - Fraction(net["margin"]["excl_vat"])) < Fraction(1, 10**8)


def share_by_hand(right: Decimal, claimed: Decimal, credited: Decimal, is_credited: bool) -> Fraction:
    if not is_credited:
        return Fraction(1)
    if credited >= claimed:
        return Fraction(0)
    whole = min(claimed, right)
    return min(Fraction(1), Fraction(claimed - credited) / Fraction(whole)) if whole else Fraction(1)


def to_the_paisa(amount: Fraction) -> Decimal:
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def assert_adds_up(found: Any) -> None:
    for name in ("excl_vat", "vat", "incl_vat"):
        total = sum(Decimal(line[name]) for line in found["lines"])
        assert total == Decimal(found["cost"][name]), name
