"""Check a CDR: compare what it claims with the price by its tariff.

The result is a verdict, the difference in money, and findings that explain it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import NOTHING, ZERO, Amount, higher, lower
from emsp.pricing.claims import Claim, ClaimedAmount, read_claim
from emsp.pricing.findings import ASSUMPTIONS, Finding, found_in, not_as_published
from emsp.pricing.likely_causes import LikelyCause, likely_cause
from emsp.pricing.lines import Part
from emsp.pricing.notes import Code, Note
from emsp.pricing.price_session import WORK_AT_MOST, price
from emsp.pricing.priced import Priced
from emsp.pricing.read_charge import lacks_times
from emsp.pricing.reservations import has_reservation, may_be_reservation, seems_expired
from emsp.pricing.rules import RULES_VERSION
from emsp.pricing.stated_quantities import between, each_reading
from emsp.pricing.vat_choice import NO_VAT, vat_ratio
from emsp.pricing.wh_for_kwh import claims_far_less, kwh_for_wh

CHECK_WORK_AT_MOST: Final = 8_000_000
"""The limit for the work of one check. A check computes several prices, and WORK_AT_MOST limits each of
them.
"""
_HALF: Final = Fraction(1, 2)
_ROUNDED_HOURS: Final = Fraction(5, 100_000)
"""The largest rounding error, in hours, of a time that has four decimals."""


class Verdict(StrEnum):
    """The result of a check in one word. docs/charges.md explains each."""

    AGREES = "AGREES"
    ROUNDING = "ROUNDING"
    OVERCHARGED = "OVERCHARGED"
    UNDERCHARGED = "UNDERCHARGED"
    CANNOT_TELL = "CANNOT_TELL"


_CORRECT: Final = (Verdict.AGREES, Verdict.ROUNDING)


@dataclass(frozen=True)
class CheckRules:
    """The settings of a check.

    `tolerance` is the largest difference that counts as equal, in the CDR's currency. It applies excl. VAT
    and incl. VAT. `gst_percent` is the VAT rate, in percent, for tariffs without `vat`. If it is None, the
    tax of these tariffs is not checked.
    """

    tolerance: Decimal = Decimal("0.01")
    gst_percent: Decimal | None = None


@dataclass(frozen=True)
class CdrReading:
    """One interpretation of a CDR that can be understood in several ways.

    `expired`, `by_clock` and `as_stated` are the parameters of price().
    """

    cdr: JsonObject
    expired: bool | None = None
    by_clock: bool | None = None
    as_stated: bool = False

    def by(self, tariffs: Sequence[JsonObject]) -> "CdrReading":
        """Return the same reading, in which `tariffs` replace the tariffs of the CDR."""
        return replace(self, cdr={**self.cdr, "tariffs": [*tariffs]})

    def price(
        self,
        tariffs: Sequence[JsonObject],
        time_zone: str | None,
        vat_when_absent: Decimal | None,
        work_at_most: int = WORK_AT_MOST,
    ) -> Priced:
        return price(
            self.cdr,
            tariffs,
            time_zone,
            vat_when_absent,
            work_at_most=work_at_most,
            expired=self.expired,
            by_clock=self.by_clock,
            as_stated=self.as_stated,
        )


@dataclass(frozen=True)
class Check:
    """The result of a check. The claim is compared with `priced`, the price of `reading`."""

    verdict: Verdict
    claim: Claim
    reading: CdrReading
    priced: Priced
    findings: tuple[Finding, ...]
    assumptions: tuple[Note, ...]
    cause: LikelyCause | None
    currency: str
    rules: CheckRules
    promised: Priced | None = None
    """The price by the published tariff at the start of the charge. None if the CDR contains no tariff."""

    @property
    def sign(self) -> int:
        return -1 if self.claim.is_credit else 1

    @property
    def computed(self) -> Amount | None:
        return None if self.priced.total is None else _times(self.priced.total, self.sign)

    @property
    def vat(self) -> Fraction:
        """The ratio of an amount with VAT to the amount without VAT.

        It is that of the price, or else that of the configured rate. If both are unknown, it is 1.
        """
        ratio = vat_ratio(self.priced.total or self.priced.most, self.rules.gst_percent)
        return NO_VAT if ratio is None else ratio

    def as_json(self) -> JsonObject:
        """Return the check as JSON, without the CDR's id and the time. Amounts are decimal strings."""
        low, high = self.priced.least, self.priced.most
        if self.claim.is_credit:
            low, high = high, low
        claimed = self.claim.total and self.claim.total.with_vat(self.vat)
        difference = claimed.minus(self.computed) if claimed and self.computed else None
        return {
            "verdict": self.verdict.value,
            "currency": self.currency,
            "claimed": claimed.as_json() if claimed else None,
            "computed": self.computed.as_json() if self.computed else None,
            "least": _times(low, self.sign).as_json() if low else None,
            "most": _times(high, self.sign).as_json() if high else None,
            "difference": difference.as_json() if difference else None,
            "parts": [*self._parts()],
            "lines": [line.as_json() for line in self.priced.lines],
            "limits": [limit.as_json() for limit in self.priced.limits],
            "findings": [finding.as_json() for finding in self.findings],
            "assumptions": [each.as_json() for each in self.assumptions],
            "tariffs": [tariff.as_json() for tariff in self.priced.tariffs],
            **({"likely_cause": self.cause.as_json()} if self.cause else {}),
            "rules": {
                "version": RULES_VERSION,
                "tolerance": str(self.rules.tolerance),
                "gst_percent": None if self.rules.gst_percent is None else str(self.rules.gst_percent),
            },
        }

    def _parts(self) -> list[JsonValue]:
        return [
            {
                "part": part.value,
                "claimed": self.claim.parts[part].with_vat(self.vat).as_json()
                if part in self.claim.parts
                else None,
                "computed": self.priced.parts[part].as_json() if part in self.priced.parts else None,
            }
            for part in Part
        ]


def check(
    cdr: JsonObject,
    tariffs: Sequence[JsonObject],
    time_zone: str | None,
    rules: CheckRules,
    *,
    assumed: Sequence[Note] = (),
    published: Sequence[JsonObject] = (),
) -> Check:
    """Check a CDR by the tariffs that it contains, or by `tariffs` if it contains none.

    `tariffs` are the pulled tariffs that were in force. `published` are the pulled versions, at the start of
    the charge, of the tariffs in the CDR. No content of the CDR or of a tariff raises an error. What can't be
    read becomes a finding.
    """
    claim, tolerance = read_claim(cdr), Fraction(rules.tolerance)
    verdict, reading, priced = _nearest(claim, _readings(cdr, tariffs, time_zone, rules), rules)
    in_kwh = _in_kwh(reading, claim, priced) if verdict is Verdict.UNDERCHARGED else None
    if in_kwh:
        other = in_kwh.price(tariffs, time_zone, None)
        priced = between([other, priced], [Note(Code.CONTRADICTED, "by the claim, the energy may be in Wh")])
        verdict = _verdict(claim, priced, rules)
    findings: Sequence[Finding] = found_in(cdr, claim, priced, tolerance)
    cause = None
    if verdict in _CORRECT:  # If the total is correct, its division into parts has no consequence in money.
        findings = [replace(finding, amount=None) for finding in findings]
    elif claim.total is not None and verdict is not Verdict.CANNOT_TELL:
        cause = _cause(cdr, claim, claim.total, priced, tariffs, time_zone, rules)
    promised = None
    if published and not in_kwh:
        promised = reading.by(published).price((), time_zone, None)
        findings = [*not_as_published(priced, promised, tolerance), *findings]
    notes = [*assumed, *(note for note in priced.notes if note.code in ASSUMPTIONS)]
    return Check(
        verdict=verdict,
        claim=claim,
        reading=reading,
        priced=priced,
        findings=tuple(findings),
        assumptions=tuple(dict.fromkeys(notes)),
        cause=cause,
        currency=str(cdr.get("currency") or ""),
        rules=rules,
        promised=promised,
    )


def _cause(  # noqa: PLR0917  # what a price needs
    cdr: JsonObject,
    claim: Claim,
    total: ClaimedAmount,
    priced: Priced,
    tariffs: Sequence[JsonObject],
    time_zone: str | None,
    rules: CheckRules,
) -> LikelyCause | None:
    payable = ClaimedAmount(ZERO, ZERO).less(total) if claim.is_credit else total
    return likely_cause(
        cdr,
        payable,
        priced,
        lambda changed, zone: price(changed, tariffs, zone or time_zone, rules.gst_percent),
    )


def _nearest(
    claim: Claim, prices: Iterator[tuple[CdrReading, Priced]], rules: CheckRules
) -> tuple[Verdict, CdrReading, Priced]:
    """Return the first price for which the claim is correct.

    If there is none, return the price whose VAT is nearest to the VAT of the claim. Only one price is kept in
    memory, because a price has a line for each period.
    """
    nearest: tuple[Fraction, Verdict, CdrReading, Priced] | None = None
    for reading, each in prices:
        apart, verdict = _tax_apart(claim, each), _verdict(claim, each, rules)
        if verdict in _CORRECT:
            return verdict, reading, each
        if nearest is None or apart < nearest[0]:
            nearest = apart, verdict, reading, each
    assert nearest is not None  # noqa: S101  # there is at least one reading
    return nearest[1:]


def _readings(
    cdr: JsonObject, tariffs: Sequence[JsonObject], time_zone: str | None, rules: CheckRules
) -> Iterator[tuple[CdrReading, Priced]]:
    """Yield the price of each way to understand the CDR. A claim that equals one of them is correct.

    VAT: by OCPI a tariff without `vat` has no VAT, but in practice CDRs add the usual rate. Energy or time:
    if the CDR states two values, each may be right. Time: if no period states it, it is 0 or the time from
    start to end. Reservation without a session: no CDR says whether it expired or was cancelled. A CDR
    without periods and energy: it may be such a reservation, or a session.
    """
    rates = dict.fromkeys((rules.gst_percent, None))
    expired = seems_expired(cdr)
    ends: tuple[bool | None, ...] = (expired, not expired) if has_reservation(cdr) else (None,)
    if not cdr.get("charging_periods") and may_be_reservation(cdr):
        ends = (*ends, True, False)
    clocks = (False, True) if lacks_times(cdr) else (False,)
    others, in_kwh = each_reading(cdr), kwh_for_wh(cdr)
    values = [
        (cdr, False),
        *([(in_kwh, False)] if in_kwh else []),
        *((each, True) for each in (*others, cdr) if others),
    ]
    readings = [
        CdrReading(value, end, clock, as_stated)
        for clock, (value, as_stated), end in product(clocks, values, ends)
    ]
    work_at_most = min(
        WORK_AT_MOST, CHECK_WORK_AT_MOST // (len(rates) * (len(readings) + len(clocks) * len(ends)))
    )
    for reading in readings:
        for rate in rates:
            priced = reading.price(tariffs, time_zone, rate, work_at_most)
            # What a CPO claims of a contradiction decides nothing for another tariff.
            yield reading, replace(priced, charge=None) if reading.as_stated else priced
            if all(note.code is not Code.VAT_ASSUMED for note in priced.notes):
                break


def _in_kwh(reading: CdrReading, claim: Claim, priced: Priced) -> CdrReading | None:
    """Return the reading with its energy divided by 1000, because it may be in Wh.

    Return None if the claim is not so low that this is likely, or if the energy can't be in Wh.
    """
    if claim.total is None or priced.total is None:
        return None
    if not claims_far_less(claim.total.excl_vat, priced.total.excl_vat):
        return None
    in_kwh = kwh_for_wh(reading.cdr)
    return None if in_kwh is None else replace(reading, cdr=in_kwh)


def _tax_apart(claim: Claim, priced: Priced) -> Fraction:
    """Return the difference between the VAT ratio of the claim and that of the price.

    The verdict uses the price with the smallest difference. Example: a claim of 0.80 without VAT and a price
    of 0.73 without VAT. Compared with 0.73 plus VAT, the claim would be too low.
    """
    computed = priced.total or priced.most
    if claim.total is None or claim.total.incl_vat is None or computed is None or not computed.excl_vat:
        return ZERO
    return abs(claim.total.incl_vat - claim.total.excl_vat * computed.incl_vat / computed.excl_vat)


def _verdict(claim: Claim, priced: Priced, rules: CheckRules) -> Verdict:
    claimed, sign, tolerance = claim.total, -1 if claim.is_credit else 1, Fraction(rules.tolerance)
    if claimed is None:
        return Verdict.CANNOT_TELL
    if rules.gst_percent is None and any(line.use.price.component.vat is None for line in priced.lines):
        claimed = replace(claimed, incl_vat=None)
    if priced.total is not None:
        difference = claimed.minus(_times(priced.total, sign))
        if not difference.beyond(tolerance):
            return Verdict.AGREES
        if _is_rounding(claimed, _times(priced.total, sign), _slack(priced) + tolerance):
            return Verdict.ROUNDING
        if priced.least == priced.most:
            return Verdict.OVERCHARGED if difference.sign > 0 else Verdict.UNDERCHARGED
    return _by_bounds(claimed, priced, sign, tolerance)


def _by_bounds(claimed: ClaimedAmount, priced: Priced, sign: int, tolerance: Fraction) -> Verdict:
    """Return the verdict for a price that is only known as a range.

    The claim is wrong only if it is below `least` or above `most`.
    """
    if priced.least is None or priced.most is None:
        return Verdict.CANNOT_TELL
    ends = [_times(priced.least, sign), _times(priced.most, sign)]
    above, below = claimed.minus(reduce(higher, ends)), claimed.minus(reduce(lower, ends))
    if max(above.excl_vat, above.decisive) > tolerance:
        return Verdict.OVERCHARGED
    if min(below.excl_vat, below.decisive) < -tolerance:
        return Verdict.UNDERCHARGED
    return Verdict.CANNOT_TELL


def _is_rounding(claimed: ClaimedAmount, computed: Amount, slack: Fraction) -> bool:
    """Whether rounding explains the difference.

    Either the times were rounded to four decimals of an hour, or the total to a whole unit of the currency.
    """
    difference = claimed.minus(computed)
    if not difference.beyond(slack):
        return True
    given = [claimed.excl_vat, *([claimed.incl_vat] if claimed.incl_vat is not None else [])]
    apart = [abs(difference.excl_vat), abs(difference.incl_vat or ZERO)]
    return all(value.denominator == 1 for value in given) and max(apart) <= _HALF


def _slack(priced: Priced) -> Fraction:
    """Return how much the price can change if each time is rounded to four decimals of an hour."""
    total = ZERO
    for line in priced.lines:
        if line.use.dimension not in ("ENERGY", "FLAT"):
            component = line.use.price.component
            vat = 1 + (component.vat or ZERO) / 100
            total += _ROUNDED_HOURS * abs(component.price or ZERO) * vat
    return total


def _times(amount: Amount, sign: int) -> Amount:
    return amount if sign > 0 else NOTHING - amount
