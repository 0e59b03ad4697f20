"""How the CDRs of a month change what a driver pays. Without I/O.

A CDR adds its price, and a credit CDR takes back the price of an earlier one. The months of a charge add up
to its net price, even if a CDR and its credit ended in different months.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from emsp.ocpi.json_text import JsonValue
from emsp.pricing.amounts import ZERO
from emsp.pricing.net_to_pay import ClaimedCdr, net_to_pay
from emsp.retail.after_credits import credit_lines, net_cost, share_left
from emsp.retail.lines import RetailAmount, as_written
from emsp.retail.price_decision import Decision


@dataclass(frozen=True)
class PriceChange:
    """The change that one CDR causes. `key` is the key of the CDR.

    `price` is the CDR's price if it ended in this month, or else None. `credited` is the negative amount that
    credits take back, and `credit_lines` are its lines; it is None if it is unknown. `claimed` is the change
    of the CPO's claim excl. VAT.
    """

    key: str
    decision: Decision
    is_new: bool
    price: RetailAmount | None
    credited: RetailAmount | None
    claimed: Fraction | None
    credit_lines: tuple[JsonValue, ...] = ()

    @property
    def cost(self) -> RetailAmount | None:
        """The sum of `price` and `credited`, or None if it is unknown."""
        if self.credited is None or self.decision.cost is None:
            return None
        return (self.price or RetailAmount()) + self.credited


def price_changes(
    decisions: Mapping[str, Decision], before: Sequence[ClaimedCdr], month: Sequence[ClaimedCdr]
) -> Iterator[PriceChange]:
    """Yield the change that each CDR causes.

    `before` are the CDRs of earlier months, and `month` those of this month. `decisions` are by CDR key.
    """
    was, now = net_to_pay(before), net_to_pay([*before, *month])
    old = {each.key for each in before}
    known = old | {each.key for each in month}
    for key, decision in decisions.items():
        if key not in known:
            continue
        is_new = key not in old
        price = as_written(decision.cost) if is_new and decision.cost else None
        left, earlier = now.left.get(key), was.left.get(key)
        if left is None or (not is_new and earlier is None):
            if is_new or left is not earlier:
                yield PriceChange(key, decision, is_new, price, None, None)
            continue
        claimed = left.left.excl_vat - (earlier.left.excl_vat if earlier and not is_new else ZERO)
        until = share_left(left, decision.basis_price)
        since = share_left(earlier, decision.basis_price) if earlier and not is_new else Fraction(1)
        if not is_new and not claimed and until == since:
            continue
        credited = as_written(net_cost(decision, until)) - as_written(net_cost(decision, since))
        lines = tuple(credit_lines(decision, since, until))
        yield PriceChange(key, decision, is_new, price, credited, claimed, lines)
