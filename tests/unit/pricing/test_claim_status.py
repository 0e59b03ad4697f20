"""How a CDR stands after its check and its credits."""

from fractions import Fraction

import pytest

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.claim_status import ClaimStatus, claim_status_of, over_by
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import Left


def check(verdict: str, computed: str = "100") -> JsonObject:
    price: JsonObject = {"excl_vat": computed, "incl_vat": str(float(Fraction(computed) * Fraction("1.18")))}
    return {"verdict": verdict, "computed": price}


def left(of: str, rest: str, incl: str | None = None) -> Left:
    with_vat = Fraction(rest) * Fraction("1.18") if incl is None else Fraction(incl)
    return Left(
        ClaimedAmount(Fraction(of), Fraction(of) * Fraction("1.18")),
        ClaimedAmount(Fraction(rest), with_vat),
        is_credited=True,
    )


UNTOUCHED = Left(
    ClaimedAmount(Fraction(110), Fraction("129.8")), ClaimedAmount(Fraction(110), Fraction("129.8"))
)
STATUSES: list[tuple[str, Left | None, ClaimStatus]] = [
    ("AGREES", UNTOUCHED, ClaimStatus.AGREED),
    ("ROUNDING", UNTOUCHED, ClaimStatus.AGREED),
    ("UNDERCHARGED", UNTOUCHED, ClaimStatus.UNDERCHARGED),
    ("CANNOT_TELL", UNTOUCHED, ClaimStatus.CANNOT_TELL),
    ("", UNTOUCHED, ClaimStatus.CANNOT_TELL),
    ("OVERCHARGED", UNTOUCHED, ClaimStatus.DISPUTED),
    ("OVERCHARGED", None, ClaimStatus.DISPUTED),
    ("OVERCHARGED", left("110", "110"), ClaimStatus.DISPUTED),  # a credit of 0
    ("OVERCHARGED", left("110", "105"), ClaimStatus.DISPUTED),
    ("OVERCHARGED", left("110", "100"), ClaimStatus.AGREED),  # what was too much is given back
    ("OVERCHARGED", left("110", "100", "129.8"), ClaimStatus.DISPUTED),  # its tax is not
    ("OVERCHARGED", left("110", "40"), ClaimStatus.AGREED),
    ("OVERCHARGED", left("110", "0"), ClaimStatus.CREDITED),
    ("AGREES", left("110", "0"), ClaimStatus.CREDITED),
    ("AGREES", left("110", "50"), ClaimStatus.AGREED),
]


@pytest.mark.parametrize(("verdict", "rest", "claim_status"), STATUSES)
def test_a_credit_credits_what_it_takes_back_and_the_rest_stands_as_before(
    verdict: str, rest: Left | None, claim_status: ClaimStatus
) -> None:
    assert claim_status_of(check(verdict), rest) is claim_status


def test_what_is_left_beyond_the_price_is_never_below_nothing() -> None:
    assert over_by(check("OVERCHARGED"), UNTOUCHED) == ClaimedAmount(Fraction(10), Fraction("11.8"))
    assert over_by(check("OVERCHARGED"), left("110", "100", "129.8")) == ClaimedAmount(
        Fraction(0), Fraction("11.8")
    )
    assert over_by(check("OVERCHARGED"), left("110", "40")) == ClaimedAmount(Fraction(0), Fraction(0))
    assert over_by({"verdict": "OVERCHARGED", "computed": None}, UNTOUCHED) == ClaimedAmount(
        Fraction(0), Fraction(0)
    )
