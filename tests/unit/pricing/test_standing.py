"""How a CDR stands after its check and its credits."""

from fractions import Fraction

import pytest

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import Left
from emsp.pricing.standing import Standing, over_by, standing_of


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
STANDINGS: list[tuple[str, Left | None, Standing]] = [
    ("AGREES", UNTOUCHED, Standing.AGREED),
    ("ROUNDING", UNTOUCHED, Standing.AGREED),
    ("UNDERCHARGED", UNTOUCHED, Standing.UNDERCHARGED),
    ("CANNOT_TELL", UNTOUCHED, Standing.CANNOT_TELL),
    ("", UNTOUCHED, Standing.CANNOT_TELL),
    ("OVERCHARGED", UNTOUCHED, Standing.DISPUTED),
    ("OVERCHARGED", None, Standing.DISPUTED),
    ("OVERCHARGED", left("110", "110"), Standing.DISPUTED),  # a credit of 0
    ("OVERCHARGED", left("110", "105"), Standing.DISPUTED),
    ("OVERCHARGED", left("110", "100"), Standing.AGREED),  # what was too much is given back
    ("OVERCHARGED", left("110", "100", "129.8"), Standing.DISPUTED),  # its tax is not
    ("OVERCHARGED", left("110", "40"), Standing.AGREED),
    ("OVERCHARGED", left("110", "0"), Standing.CREDITED),
    ("AGREES", left("110", "0"), Standing.CREDITED),
    ("AGREES", left("110", "50"), Standing.AGREED),
]


@pytest.mark.parametrize(("verdict", "rest", "standing"), STANDINGS)
def test_a_credit_credits_what_it_takes_back_and_the_rest_stands_as_before(
    verdict: str, rest: Left | None, standing: Standing
) -> None:
    assert standing_of(check(verdict), rest) is standing


def test_what_is_left_beyond_the_price_is_never_below_nothing() -> None:
    assert over_by(check("OVERCHARGED"), UNTOUCHED) == ClaimedAmount(Fraction(10), Fraction("11.8"))
    assert over_by(check("OVERCHARGED"), left("110", "100", "129.8")) == ClaimedAmount(
        Fraction(0), Fraction("11.8")
    )
    assert over_by(check("OVERCHARGED"), left("110", "40")) == ClaimedAmount(Fraction(0), Fraction(0))
    assert over_by({"verdict": "OVERCHARGED", "computed": None}, UNTOUCHED) == ClaimedAmount(
        Fraction(0), Fraction(0)
    )
