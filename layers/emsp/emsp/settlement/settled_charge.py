"""One charge in one month: what it claims, what its credits take back, and what is to be paid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from emsp.pricing.claim_status import ClaimStatus
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NONE, NetNote, net_to_pay
from emsp.retail.price_changes import PriceChange, price_changes
from emsp.settlement.settled_cdr import SettledCdr


@dataclass(frozen=True)
class SettledCharge:
    """The CDRs of a charge that ended in the month, ordered by their ends.

    `net` is the amount to pay, or None if it is unknown. `notes` say why, and contain other remarks.
    """

    name: str
    cdrs: tuple[SettledCdr, ...]
    currency: str
    net: ClaimedAmount | None
    notes: tuple[NetNote, ...] = ()
    price_changes: tuple[PriceChange, ...] = ()
    """The changes of what the driver pays in this month."""

    @property
    def first(self) -> SettledCdr:
        return self.cdrs[0]

    @property
    def claimed(self) -> ClaimedAmount:
        """The sum that its CDRs claim, credit CDRs excluded."""
        return sum_of(each.total for each in self.cdrs if not each.claimed.is_credit)

    @property
    def credits(self) -> ClaimedAmount:
        return sum_of(each.total for each in self.cdrs if each.claimed.is_credit)

    @property
    def disputed(self) -> ClaimedAmount:
        """What remains of its disputed CDRs after their credits."""
        return sum_of(each.remaining for each in self.cdrs if each.claim_status is ClaimStatus.DISPUTED)

    @property
    def undisputed(self) -> ClaimedAmount | None:
        """The amount to pay without what is disputed, or None if it is unknown.

        It is negative if this month credits a payment of another month.
        """
        return self.net and self.net.less(self.disputed)


def sum_of(amounts: Iterable[ClaimedAmount | None]) -> ClaimedAmount:
    """Return the sum of the known amounts. None is skipped."""
    return reduce(ClaimedAmount.plus, (each for each in amounts if each is not None), NONE)


def settle_charge(
    name: str,
    cdrs: Sequence[SettledCdr],
    earlier: Sequence[SettledCdr] = (),
    later: Sequence[SettledCdr] = (),
) -> SettledCharge:
    """Return a charge as it is settled in one month.

    `cdrs` ended in this month, `earlier` in previous months, `later` in following months. The month has the
    net amount of all CDRs until its end, less that of the earlier ones. So the months of a charge add up to
    its net amount, even if a CDR and its credit ended in different months.
    """
    now = net_to_pay([each.claimed for each in (*earlier, *cdrs)])
    before = net_to_pay([each.claimed for each in earlier])
    known = net_to_pay([each.claimed for each in (*earlier, *cdrs, *later)]) if later else now
    notes = [note for note in now.notes if note not in before.notes]
    currency = now.currency or cdrs[0].claimed.currency
    until, since = _counted([*earlier, *cdrs], now.amount), _counted(earlier, before.amount)
    net = until.less(since) if until and since else None
    listed = tuple(
        replace(
            each,
            total=known.totals.get(each.key),
            left=known.left.get(each.key),
            credits_key=known.credits.get(each.key),
        )
        for each in cdrs
    )
    return SettledCharge(name, listed, currency, net, tuple(notes), changes_of(cdrs, earlier))


def changes_of(cdrs: Sequence[SettledCdr], earlier: Sequence[SettledCdr]) -> tuple[PriceChange, ...]:
    """Return how each CDR of the month changes what the driver pays, in the order of the CDRs."""
    every = (*earlier, *cdrs)
    decisions = {each.key: decision for each in every if (decision := each.decision)}
    if not decisions:
        return ()
    return tuple(
        price_changes(decisions, [each.claimed for each in earlier], [each.claimed for each in cdrs])
    )


def _counted(cdrs: Sequence[SettledCdr], amount: ClaimedAmount | None) -> ClaimedAmount | None:
    """Return the amount, or 0 if `cdrs` are all credits of unknown CDRs."""
    if amount is None and all(each.claimed.is_credit for each in cdrs):
        return NONE
    return amount
