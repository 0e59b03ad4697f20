"""What one charge comes to in one month: what is claimed, what credits take back, and what is left to pay."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, NetNote, net_to_pay
from emsp.pricing.standing import Standing
from emsp.settlement.settled_cdr import SettledCdr


@dataclass(frozen=True)
class SettledCharge:
    """A charge's CDRs that ended in the month, the first first. `net` is None where it can't be told; `notes`
    say why, and what else is odd.
    """

    name: str
    cdrs: tuple[SettledCdr, ...]
    currency: str
    net: ClaimedAmount | None
    notes: tuple[NetNote, ...] = ()

    @property
    def first(self) -> SettledCdr:
        return self.cdrs[0]

    @property
    def claimed(self) -> ClaimedAmount:
        """What its CDRs claim that are no credits."""
        return sum_of(each.total for each in self.cdrs if not each.claimed.is_credit)

    @property
    def credits(self) -> ClaimedAmount:
        return sum_of(each.total for each in self.cdrs if each.claimed.is_credit)

    @property
    def disputed(self) -> ClaimedAmount:
        """What is left of its disputed CDRs."""
        return sum_of(each.stands for each in self.cdrs if each.standing is Standing.DISPUTED)

    @property
    def undisputed(self) -> ClaimedAmount | None:
        """What else is to pay. Below 0 in a month that gives back what was paid in another."""
        return self.net and self.net.less(self.disputed)


def sum_of(amounts: Iterable[ClaimedAmount | None]) -> ClaimedAmount:
    """Of those that can be read."""
    return reduce(ClaimedAmount.plus, (each for each in amounts if each is not None), NONE)


def settle_charge(
    name: str,
    cdrs: Sequence[SettledCdr],
    earlier: Sequence[SettledCdr] = (),
    later: Sequence[SettledCdr] = (),
) -> SettledCharge:
    """`earlier` are its CDRs that ended in months before, `later` those that ended in months after.

    The month has what its CDRs change: the net of all until its end, less that of the earlier ones. So the
    months of a charge add up to its net, also where a credit ended in another month than what it credits.
    """
    now = net_to_pay([each.claimed for each in (*earlier, *cdrs)])
    before = net_to_pay([each.claimed for each in earlier])
    known = net_to_pay([each.claimed for each in (*earlier, *cdrs, *later)]) if later else now
    notes = [note for note in now.notes if note not in before.notes]
    currency = now.currency or cdrs[0].claimed.currency
    until, since = _counted([*earlier, *cdrs], now.amount), _counted(earlier, before.amount)
    net = until.less(since) if until and since else None
    told = tuple(
        replace(
            each,
            total=known.totals.get(each.key),
            left=known.left.get(each.key),
            credits_key=known.credits.get(each.key),
        )
        for each in cdrs
    )
    return SettledCharge(name, told, currency, net, tuple(notes))


def _counted(cdrs: Sequence[SettledCdr], amount: ClaimedAmount | None) -> ClaimedAmount | None:
    """Where there is nothing but credits of what is not known, there is nothing to pay."""
    if amount is None and all(each.claimed.is_credit for each in cdrs):
        return NONE
    return amount
