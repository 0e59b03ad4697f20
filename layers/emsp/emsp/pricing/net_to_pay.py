"""Compute the net amount of a charge from its CDRs, credit CDRs and replacement CDRs. Pure.

A CDR never changes. To correct it, a CPO sends a credit CDR (`credit`, `credit_reference_id`, a negative
total_cost), and perhaps a new CDR for the same session (OCPI 2.2.1, mod_cdrs, Credit CDRs). So the net amount
is the sum of the CDRs, each reduced by its credits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import reduce
from typing import Final

from emsp.pricing.amounts import ZERO
from emsp.pricing.claims import ClaimedAmount

PAISA: Final = Fraction(1, 100)
NONE: Final = ClaimedAmount(ZERO, ZERO)


class NetNote(StrEnum):
    """A remark about the CDRs of a charge. docs/charges.md explains each."""

    SEVERAL_CDRS_STAND = "SEVERAL_CDRS_STAND"
    PARTLY_CREDITED = "PARTLY_CREDITED"
    CREDITED_MORE_THAN_CLAIMED = "CREDITED_MORE_THAN_CLAIMED"
    CREDITED_CDR_UNKNOWN = "CREDITED_CDR_UNKNOWN"
    SEVERAL_CURRENCIES = "SEVERAL_CURRENCIES"
    UNREADABLE_TOTAL_COST = "UNREADABLE_TOTAL_COST"
    NO_INCL_VAT = "NO_INCL_VAT"


@dataclass(frozen=True)
class ClaimedCdr:
    """The values of a CDR that the net amount depends on. `total` is None if it can't be read, and negative
    for a credit CDR. `credits_key` is the CDR that a credit CDR credits.

    `vat` is the ratio of the amount with VAT to the amount without, if the CDR claims no amount with VAT.
    """

    key: str
    currency: str
    total: ClaimedAmount | None
    is_credit: bool = False
    credits_key: str | None = None
    vat: Fraction | None = None

    @property
    def claimed(self) -> ClaimedAmount | None:
        """`total` with VAT, computed if the CDR does not claim it."""
        return self.total and self.total.with_vat(self.vat)


@dataclass(frozen=True)
class Left:
    """The rest of a CDR that is no credit: `claimed` less its credits, separately excl. and incl. VAT. It is
    never below 0.
    """

    claimed: ClaimedAmount
    left: ClaimedAmount
    is_credited: bool = False
    """Whether a credit CDR names it, also one that takes back nothing."""

    @property
    def taken_back(self) -> ClaimedAmount:
        return self.claimed.less(self.left)

    @property
    def is_undone(self) -> bool:
        """Whether its credits leave nothing of it, apart from the rounding of the currency."""
        return self.is_credited and not self.left.beyond(PAISA)


@dataclass(frozen=True)
class Net:
    """The net amount. It is None if there is no CDR yet or the amount is unknown. Then `notes` say why.

    `left` maps the keys of CDRs that are no credits to their rests, and `totals` maps all keys to totals with
    VAT. Unreadable CDRs are in neither. `credits` maps each credit to the CDR that it credits.
    """

    currency: str | None
    amount: ClaimedAmount | None
    notes: tuple[NetNote, ...] = ()
    left: Mapping[str, Left] = field(default_factory=dict)
    totals: Mapping[str, ClaimedAmount] = field(default_factory=dict)
    credits: Mapping[str, str] = field(default_factory=dict)


def net_to_pay(cdrs: Sequence[ClaimedCdr]) -> Net:
    """Return the net amount of the CDRs of one charge, which may be in any order.

    A credit reduces the CDR that it credits. If that CDR is not among `cdrs`, the credit is ignored. Credits
    never reduce a CDR below zero, so a repeated credit counts once.
    """
    claims = [each for each in cdrs if not each.is_credit]
    credited, notes = _credits_of(claims, [each for each in cdrs if each.is_credit])
    credits_ = {credit.key: key for key, group in credited.items() for credit in group}
    totals = {each.key: each.claimed for each in cdrs}
    for claim in claims:
        vat = _vat_of(claim)
        for credit in credited[claim.key]:
            totals[credit.key] = credit.total and credit.total.with_vat(vat)
    readable = {key: each for key, each in totals.items() if each is not None}
    counted = [*claims, *(each for group in credited.values() for each in group)]
    currencies = {each.currency for each in counted}
    if len(currencies) > 1:
        return Net(None, None, _once(*notes, NetNote.SEVERAL_CURRENCIES), totals=readable, credits=credits_)
    currency = next(iter(currencies), None)
    found = {
        claim.key: _left(totals[claim.key], [totals[each.key] for each in credited[claim.key]], notes)
        for claim in claims
    }
    left = {key: each for key, each in found.items() if each is not None}
    if sum(key not in left or not left[key].is_undone for key in found) > 1:
        notes.append(NetNote.SEVERAL_CDRS_STAND)
    if not found or len(left) < len(found):
        return Net(currency, None, _once(*notes), left, readable, credits_)
    amount = reduce(ClaimedAmount.plus, (each.left for each in left.values()), NONE)
    if amount.incl_vat is None or amount.computed:
        notes.append(NetNote.NO_INCL_VAT)
    return Net(currency, amount, _once(*notes), left, readable, credits_)


def _credits_of(
    claims: Sequence[ClaimedCdr], crediting: Sequence[ClaimedCdr]
) -> tuple[dict[str, list[ClaimedCdr]], list[NetNote]]:
    """Return the credits of each claim, by its key, and a note for each credit of an unknown CDR.

    Credits that name a CDR are applied first. The others are applied to what these leave.
    """
    credited: dict[str, list[ClaimedCdr]] = {each.key: [] for each in claims}
    notes: list[NetNote] = []
    for credit in sorted(crediting, key=lambda each: (not each.credits_key, each.key)):
        key = credit.credits_key or _undone_by(credit, claims, credited)
        if key in credited:
            credited[key].append(credit)
        else:
            notes.append(NetNote.CREDITED_CDR_UNKNOWN)
    return credited, notes


def _undone_by(
    credit: ClaimedCdr, claims: Sequence[ClaimedCdr], credited: dict[str, list[ClaimedCdr]]
) -> str | None:
    """Return the CDR that a credit without a reference reverses: the only CDR with exactly that amount."""
    if credit.total is None:
        return None
    undone = -credit.total.excl_vat
    fitting = [
        claim.key
        for claim in claims
        if not credited[claim.key] and claim.total is not None and claim.total.excl_vat == undone
    ]
    return fitting[0] if len(fitting) == 1 else None


def _left(
    claimed: ClaimedAmount | None, undone_by: Sequence[ClaimedAmount | None], notes: list[NetNote]
) -> Left | None:
    """Return the rest of a CDR after its credits, or None if one of them can't be read."""
    taken_back = [each for each in undone_by if each is not None]
    if claimed is None or len(taken_back) < len(undone_by):
        notes.append(NetNote.UNREADABLE_TOTAL_COST)
        return None
    rest = reduce(ClaimedAmount.plus, taken_back, claimed)
    if undone_by and rest.incl_vat is None and rest.excl_vat <= 0:
        # A CDR that is credited in full is 0, with VAT and without VAT.
        rest = ClaimedAmount(rest.excl_vat, ZERO)
    if not undone_by or claimed.excl_vat < 0:
        return Left(claimed, rest, bool(undone_by))
    both = (rest.excl_vat, rest.incl_vat or ZERO)
    if max(both) > 0:
        notes.append(NetNote.PARTLY_CREDITED)
    if min(both) < 0:
        notes.append(NetNote.CREDITED_MORE_THAN_CLAIMED)
    return Left(claimed, rest.at_least_nothing(), is_credited=True)


def _vat_of(claim: ClaimedCdr) -> Fraction | None:
    """Return the VAT of a credit. A credit that states no VAT takes back the VAT that was claimed."""
    total = claim.total
    if total is None or total.incl_vat is None or not total.excl_vat:
        return claim.vat
    return total.incl_vat / total.excl_vat


def _once(*notes: NetNote) -> tuple[NetNote, ...]:
    return tuple(note for note in NetNote if note in notes)
