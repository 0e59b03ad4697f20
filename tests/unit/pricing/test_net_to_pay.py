"""What a charge comes to, with credit CDRs and CDRs that replace others."""

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.pricing.amounts import ZERO
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import ClaimedCdr, NetNote, net_to_pay

type Told = tuple[str, str | None]


def amount(excl_vat: str, incl_vat: str | None) -> ClaimedAmount:
    return ClaimedAmount(Fraction(excl_vat), None if incl_vat is None else Fraction(incl_vat))


def claim(key: str, excl_vat: str = "100", incl_vat: str | None = "118", currency: str = "INR") -> ClaimedCdr:
    return ClaimedCdr(key, currency, amount(excl_vat, incl_vat))


def credit(
    key: str, of: str | None, excl_vat: str = "-100", incl_vat: str | None = "-118", currency: str = "INR"
) -> ClaimedCdr:
    return ClaimedCdr(key, currency, amount(excl_vat, incl_vat), is_credit=True, credits_key=of)


A, B = claim("A"), claim("B", "90.1", "106.318")
CASES: dict[str, tuple[list[ClaimedCdr], Told | None, list[NetNote]]] = {
    "no CDR yet": ([], None, []),
    "one CDR": ([A], ("100", "118"), []),
    "a CDR that was credited": ([A, credit("C", "A")], ("0", "0"), []),
    "a CDR that was credited and replaced": ([A, credit("C", "A"), B], ("90.1", "106.318"), []),
    "replaced twice": (
        [A, credit("C", "A"), B, credit("D", "B", "-90.1", "-106.318"), claim("E", "95", "112.1")],
        ("95", "112.1"),
        [],
    ),
    "two CDRs of which none is credited": ([A, B], ("190.1", "224.318"), [NetNote.SEVERAL_CDRS_STAND]),
    "partly credited": (
        [A, credit("C", "A", "-30", "-35.4")],
        ("70", "82.6"),
        [NetNote.PARTLY_CREDITED],
    ),
    "the same credit under two ids": (
        [A, credit("C", "A"), credit("D", "A"), B],
        ("90.1", "106.318"),
        [NetNote.CREDITED_MORE_THAN_CLAIMED],
    ),
    "a credit before its CDR": ([credit("C", "A")], None, [NetNote.CREDITED_CDR_UNKNOWN]),
    "a credit before its CDR, and the new one": (
        [credit("C", "A"), B],
        ("90.1", "106.318"),
        [NetNote.CREDITED_CDR_UNKNOWN],
    ),
    "a credit of a credit": (
        [A, credit("C", "A"), credit("D", "C")],
        ("0", "0"),
        [NetNote.CREDITED_CDR_UNKNOWN],
    ),
    "a credit without a reference": ([A, B, credit("C", None)], ("90.1", "106.318"), []),
    "a credit without a reference that undoes nothing": (
        [A, credit("C", None, "-50", "-59")],
        ("100", "118"),
        [NetNote.CREDITED_CDR_UNKNOWN],
    ),
    "a credit without a reference that may be of two": (
        [A, claim("B"), credit("C", None)],
        ("200", "236"),
        [NetNote.SEVERAL_CDRS_STAND, NetNote.CREDITED_CDR_UNKNOWN],
    ),
    "without incl_vat": ([claim("A", "100", None)], ("100", None), [NetNote.NO_INCL_VAT]),
    "undone without incl_vat, and replaced": (
        [claim("A", "100", None), credit("C", "A", "-100", None), B],
        ("90.1", "106.318"),
        [],
    ),
    "two currencies": ([A, claim("B", currency="EUR")], None, [NetNote.SEVERAL_CURRENCIES]),
    "credited in another currency": (
        [A, credit("C", "A", currency="EUR")],
        None,
        [NetNote.SEVERAL_CURRENCIES],
    ),
    "a total that can't be read": (
        [A, ClaimedCdr("B", "INR", None)],
        None,
        [NetNote.SEVERAL_CDRS_STAND, NetNote.UNREADABLE_TOTAL_COST],
    ),
    "a credit's total that can't be read": (
        [A, ClaimedCdr("C", "INR", None, is_credit=True, credits_key="A")],
        None,
        [NetNote.UNREADABLE_TOTAL_COST],
    ),
    "nothing to pay": ([claim("A", "0", "0")], ("0", "0"), []),
    "a negative CDR that is no credit": ([claim("A", "-5", "-5.9")], ("-5", "-5.9"), []),
}


@pytest.mark.parametrize("name", CASES)
def test_the_net_of_a_charge(name: str) -> None:
    cdrs, told, notes = CASES[name]
    for order in (cdrs, cdrs[::-1]):
        net = net_to_pay(order)
        assert net.amount == (None if told is None else amount(*told))
        assert set(net.notes) == set(notes)
        assert len(net.notes) == len(notes)


def test_a_credit_takes_back_what_it_says_in_each_of_without_vat_and_with_it() -> None:
    cdrs = [claim("A", "52", "10000"), credit("C", "A", "-52", "-61.36")]
    for order in (cdrs, cdrs[::-1]):
        net = net_to_pay(order)
        assert net.amount == amount("0", "9938.64")
        assert net.notes == (NetNote.PARTLY_CREDITED,)
        left = net.left["A"]
        assert left.claimed.less(left.left) == amount("52", "61.36")
        assert not net.left["A"].is_undone


UNDONE: list[tuple[tuple[str, str | None], tuple[str, str | None], bool]] = [
    (("100", "118"), ("-100", "-118"), True),
    (("100", "118"), ("-100", "-117.99"), True),  # the currency's own rounding
    (("100", "118"), ("-100", "-117.98"), False),
    (("100", "118"), ("-100", "-100"), False),  # the tax is still claimed
    (("100", "118"), ("-99", "-118"), False),
    (("100", "118"), ("0", "0"), False),
    (("100", "118"), ("-100", None), True),  # it takes back the VAT that was claimed
    (("100", None), ("-100", "-118"), True),
    (("100", None), ("-100", None), True),
    (("100", None), ("-50", None), False),
    (("0", "0"), ("0", "0"), True),
]


@pytest.mark.parametrize(("claimed", "credited", "undone"), UNDONE)
def test_a_cdr_is_undone_if_credits_leave_nothing_of_either_amount(
    claimed: Told, credited: Told, undone: bool
) -> None:
    cdrs = [
        replace(claim("A", *claimed), vat=Fraction("1.18")),
        replace(credit("C", "A", *credited), vat=Fraction("1.05")),  # the claim's VAT counts, not this one's
    ]
    for order in (cdrs, cdrs[::-1]):
        assert net_to_pay(order).left["A"].is_undone is undone


def test_what_is_not_claimed_with_vat_is_computed_and_marked() -> None:
    net = net_to_pay([replace(claim("A", "902", None), vat=Fraction("1.18"))])
    assert net.amount is not None
    assert net.amount.as_json() == {"excl_vat": "902", "incl_vat": "1064.36", "computed": True}
    both = net_to_pay([replace(claim("A", "100", None), vat=Fraction("1.18")), B])
    assert both.amount is not None
    assert both.amount.as_json() == {"excl_vat": "190.1", "incl_vat": "224.318", "computed": True}


PRICES = st.integers(0, 20_000).map(lambda paisa: Fraction(paisa, 100))


@st.composite
def charges(draw: st.DrawFn) -> list[ClaimedCdr]:
    """CDRs and their credits: whole, in part, twice, without VAT or reference, of what never came."""
    found: list[ClaimedCdr] = []
    for number in range(draw(st.integers(1, 4))):
        excl = draw(PRICES)
        incl = draw(st.one_of(st.none(), st.just(excl * Fraction("1.18")), PRICES))
        made = ClaimedCdr(f"C{number}", "INR", ClaimedAmount(excl, incl), vat=Fraction("1.18"))
        found.append(made)
        for copy in range(draw(st.integers(0, 3))):
            part = draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1)]))
            told = draw(st.booleans()) and incl is not None
            total = ClaimedAmount(-excl * part, -(incl or ZERO) * part if told else None)
            of = draw(st.sampled_from([made.key, made.key, None, "NEVER"]))
            found.append(ClaimedCdr(f"C{number}-X{copy}", "INR", total, True, of, Fraction("1.05")))
    return found


@given(charges(), st.randoms(use_true_random=False))
def test_no_order_changes_a_sum_and_what_is_left_is_never_below_nothing(
    cdrs: list[ClaimedCdr], random: Random
) -> None:
    net = net_to_pay(cdrs)
    assert net.amount is not None
    shuffled = [*cdrs]
    random.shuffle(shuffled)
    other = net_to_pay(shuffled)
    assert (other.amount, set(other.notes), other.left) == (net.amount, set(net.notes), net.left)
    for key, each in net.left.items():
        assert each.left.excl_vat >= 0
        assert each.left.incl_vat is not None
        assert each.left.incl_vat >= 0
        assert each.left.plus(each.claimed.less(each.left)) == each.claimed
        assert net.totals[key] == each.claimed
    assert net.amount.excl_vat == sum(each.left.excl_vat for each in net.left.values())
    assert net.amount.incl_vat == sum(each.left.incl_vat or ZERO for each in net.left.values())
