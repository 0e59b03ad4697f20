"""What one charge comes to in one month: what is claimed, what credits take back, and what is left to pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from emsp.pricing.amounts import ZERO
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.net_to_pay import NetNote, net_to_pay
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
    def to_pay(self) -> Fraction | None:
        """With VAT, where that is claimed."""
        return self.net.decisive if self.net else None

    @property
    def gst(self) -> Fraction | None:
        """The tax as claimed. OCPI has one VAT: whether it is CGST and SGST or IGST, an invoice says."""
        if self.net is None or self.net.incl_vat is None:
            return None
        return self.net.incl_vat - self.net.excl_vat


def settle_charge(name: str, cdrs: Sequence[SettledCdr], earlier: Sequence[SettledCdr] = ()) -> SettledCharge:
    """`earlier` are its CDRs that ended in months before.

    The month has what its CDRs change: the net of all of them, less that of the earlier ones. So the months
    of a charge add up to its net, also where a credit ended in another month than what it credits.
    """
    now = net_to_pay([each.claimed for each in (*earlier, *cdrs)])
    before = net_to_pay([each.claimed for each in earlier])
    notes = [note for note in now.notes if note not in before.notes]
    currency = now.currency or cdrs[0].claimed.currency
    net = _less(_counted([*earlier, *cdrs], now.amount), _counted(earlier, before.amount))
    return SettledCharge(name, tuple(cdrs), currency, net, tuple(notes))


def _counted(cdrs: Sequence[SettledCdr], amount: ClaimedAmount | None) -> ClaimedAmount | None:
    """Where there is nothing but credits of what is not known, there is nothing to pay."""
    if amount is None and all(each.claimed.is_credit for each in cdrs):
        return ClaimedAmount(ZERO, ZERO)
    return amount


def _less(now: ClaimedAmount | None, before: ClaimedAmount | None) -> ClaimedAmount | None:
    if now is None or before is None:
        return None
    if now.incl_vat is None or before.incl_vat is None:
        return ClaimedAmount(now.excl_vat - before.excl_vat, None)
    return ClaimedAmount(now.excl_vat - before.excl_vat, now.incl_vat - before.incl_vat)
