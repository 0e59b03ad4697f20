"""What a charge comes to, with credit CDRs and CDRs that replace others."""

from fractions import Fraction

import pytest

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
