"""Compute the net amount of a charge from its CDRs and their credit CDRs. Without I/O.

A CDR never changes. To correct it, a CPO sends a credit CDR (`credit`, `credit_reference_id`, a negative
total_cost), and perhaps a new CDR for the same session (OCPI 2.2.1, mod_cdrs, Credit CDRs). The net amount is
the sum of the CDRs, each less its credits.
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
    """The part of a CDR that decides the net amount.

    `total` is None if it can't be read. For a credit CDR it is negative, and `credits_key` is the key of the
    credited CDR. `vat` is the ratio of incl. VAT to excl. VAT; it is used if the CDR has no incl_vat.
    """

    key: str
    currency: str
    total: ClaimedAmount | None
    is_credit: bool = False
    credits_key: str | None = None
    vat: Fraction | None = None

    @property
    def claimed(self) -> ClaimedAmount | None:
        """`total` with VAT. The VAT is computed if the CDR has no incl_vat."""
        return self.total and self.total.with_vat(self.vat)


@dataclass(frozen=True)
class Left:
    """What remains of a CDR after its credits: `left` is `claimed` less the credits, and never below 0.

    Amounts excl. VAT and amounts incl. VAT are computed separately.
    """

    claimed: ClaimedAmount
    left: ClaimedAmount
    is_credited: bool = False
    """Whether a credit CDR names it, even one with the amount 0."""

    @property
    def is_undone(self) -> bool:
        """Whether its credits reduce it to 0, apart from a rounding of one paisa."""
        return self.is_credited and not self.left.beyond(PAISA)


@dataclass(frozen=True)
class Net:
    """The net amount of a charge.

    `amount` is None if there is no CDR yet, or if the amount can't be computed. `notes` then say why. `left`
    has what remains of each readable CDR, by its key, without credit CDRs. `totals` has the total with VAT of
    each readable CDR and credit CDR, by its key. `credits` maps the key of each credit CDR to the key of the
    CDR that it credits.
    """

    currency: str | None
    amount: ClaimedAmount | None
    notes: tuple[NetNote, ...] = ()
    left: Mapping[str, Left] = field(default_factory=dict)
    totals: Mapping[str, ClaimedAmount] = field(default_factory=dict)
    credits: Mapping[str, str] = field(default_factory=dict)


def net_to_pay(cdrs: Sequence[ClaimedCdr]) -> Net:
    """Return the net amount of the CDRs of one charge. Their order does not matter.

    A credit CDR reduces the CDR that it credits. If that CDR is not in `cdrs`, the credit is ignored. Credits
    never reduce a CDR below 0, so a repeated credit counts once.
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
    """Return the credits of each CDR by its key, and a note for each credit of an unknown CDR.

    Credits that name their CDR are assigned first. A credit that names none then gets a CDR without credits.
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
    """Return the key of the CDR that a credit without a reference credits.

    It is the only CDR without credits that has exactly the same amount, or None if no or several CDRs have
    it.
    """
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
    """Return what remains of a CDR after its credits, or None if an amount can't be read."""
    taken_back = [each for each in undone_by if each is not None]
    if claimed is None or len(taken_back) < len(undone_by):
        notes.append(NetNote.UNREADABLE_TOTAL_COST)
        return None
    rest = reduce(ClaimedAmount.plus, taken_back, claimed)
    if undone_by and rest.incl_vat is None and rest.excl_vat <= 0:
        # The CDR is credited in full, so nothing remains incl. VAT either.
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
    """Return the VAT ratio for the credits of a CDR: the claimed one, or else that of its price."""
    total = claim.total
    if total is None or total.incl_vat is None or not total.excl_vat:
        return claim.vat
    return total.incl_vat / total.excl_vat


def _once(*notes: NetNote) -> tuple[NetNote, ...]:
    return tuple(note for note in NetNote if note in notes)
