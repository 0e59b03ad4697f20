"""What a charge comes to, once its credit CDRs and the CDRs that replace others are counted. Pure.

A CDR is never changed: a CPO that was wrong credits it with another (`credit`, `credit_reference_id`, a
negative total_cost) and may send a new one for the same session (OCPI 2.2.1, mod_cdrs, Credit CDRs). So the
net is the sum of the CDRs, each with its credits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from emsp.pricing.amounts import ZERO
from emsp.pricing.claims import ClaimedAmount


class NetNote(StrEnum):
    """What is odd in the CDRs of a charge."""

    SEVERAL_CDRS_STAND = "SEVERAL_CDRS_STAND"
    PARTLY_CREDITED = "PARTLY_CREDITED"
    CREDITED_MORE_THAN_CLAIMED = "CREDITED_MORE_THAN_CLAIMED"
    CREDITED_CDR_UNKNOWN = "CREDITED_CDR_UNKNOWN"
    SEVERAL_CURRENCIES = "SEVERAL_CURRENCIES"
    UNREADABLE_TOTAL_COST = "UNREADABLE_TOTAL_COST"
    NO_INCL_VAT = "NO_INCL_VAT"


@dataclass(frozen=True)
class ClaimedCdr:
    """What of a CDR counts. `total` is None where it can't be read, and negative of a credit CDR.
    `credits_key` is what that one credits.
    """

    key: str
    currency: str
    total: ClaimedAmount | None
    is_credit: bool = False
    credits_key: str | None = None


@dataclass(frozen=True)
class Net:
    """`amount` is None where there is no CDR yet, or it can't be told; `notes` then say why."""

    currency: str | None
    amount: ClaimedAmount | None
    notes: tuple[NetNote, ...] = ()


def net_to_pay(cdrs: Sequence[ClaimedCdr]) -> Net:
    """The net of one charge's CDRs, in whatever order they came.

    A credit counts with the CDR that it credits. Where that is not here, there is nothing to undo yet and it
    counts nothing. Credits never make less than nothing of a CDR: one that comes twice counts once.
    """
    claims = [each for each in cdrs if not each.is_credit]
    credited: dict[str, list[ClaimedCdr]] = {each.key: [] for each in claims}
    notes: list[NetNote] = []
    for credit in (each for each in cdrs if each.is_credit):
        key = credit.credits_key or _undone_by(credit, claims, credited)
        if key in credited:
            credited[key].append(credit)
        else:
            notes.append(NetNote.CREDITED_CDR_UNKNOWN)
    counted = [*claims, *(each for group in credited.values() for each in group)]
    currencies = {each.currency for each in counted}
    if len(currencies) > 1:
        return Net(None, None, _once(*notes, NetNote.SEVERAL_CURRENCIES))
    currency = next(iter(currencies), None)
    if sum(not group for group in credited.values()) > 1:
        notes.append(NetNote.SEVERAL_CDRS_STAND)
    rests = [_rest(claim, credited[claim.key], notes) for claim in claims]
    told = [each for each in rests if each is not None]
    if not rests or len(told) < len(rests):
        return Net(currency, None, _once(*notes))
    incl = [each.incl_vat for each in told if each.incl_vat is not None]
    if len(incl) < len(told):
        notes.append(NetNote.NO_INCL_VAT)
    excl_vat = sum((each.excl_vat for each in told), ZERO)
    amount = ClaimedAmount(excl_vat, sum(incl, ZERO) if len(incl) == len(told) else None)
    return Net(currency, amount, _once(*notes))


def _undone_by(
    credit: ClaimedCdr, claims: Sequence[ClaimedCdr], credited: dict[str, list[ClaimedCdr]]
) -> str | None:
    """The CDR that a credit without a reference undoes: the only one of the very amount, if there is one."""
    if credit.total is None:
        return None
    undone = -credit.total.excl_vat
    fitting = [
        claim.key
        for claim in claims
        if not credited[claim.key] and claim.total is not None and claim.total.excl_vat == undone
    ]
    return fitting[0] if len(fitting) == 1 else None


def _rest(claim: ClaimedCdr, undone_by: Sequence[ClaimedCdr], notes: list[NetNote]) -> ClaimedAmount | None:
    """What is left of a CDR after its credits."""
    totals = [each.total for each in (claim, *undone_by)]
    readable = [each for each in totals if each is not None]
    if claim.total is None or len(readable) < len(totals):
        notes.append(NetNote.UNREADABLE_TOTAL_COST)
        return None
    excl_vat = sum((each.excl_vat for each in readable), ZERO)
    with_vat = [each.incl_vat for each in readable if each.incl_vat is not None]
    incl_vat: Fraction | None = sum(with_vat, ZERO)
    if len(with_vat) < len(readable):
        # What is wholly undone is nothing, with VAT as without.
        incl_vat = ZERO if undone_by and excl_vat <= 0 else None
    if not undone_by or claim.total.excl_vat < 0:
        return ClaimedAmount(excl_vat, incl_vat)
    if excl_vat > 0:
        notes.append(NetNote.PARTLY_CREDITED)
    elif excl_vat < 0:
        notes.append(NetNote.CREDITED_MORE_THAN_CLAIMED)
    return ClaimedAmount(max(ZERO, excl_vat), None if incl_vat is None else max(ZERO, incl_vat))


def _once(*notes: NetNote) -> tuple[NetNote, ...]:
    return tuple(note for note in NetNote if note in notes)
