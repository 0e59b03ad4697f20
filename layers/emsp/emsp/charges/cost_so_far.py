"""The cost so far of a session: what its CPO states, and the price by its tariff if the session ended now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from emsp.charges.credible_times import Seen, credible_time, start_of, until, with_credible_periods
from emsp.charges.pricing_context import FindPricingContext, PricingContext
from emsp.log import log
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.session_status import NOT_BEGUN, status_of
from emsp.pricing.amounts import exact, plain, text, text_or_none
from emsp.pricing.findings import ASSUMPTIONS
from emsp.pricing.notes import Code, Note
from emsp.pricing.price_session import price
from emsp.pricing.priced import Priced
from emsp.pricing.read_charge import states_times
from emsp.pricing.read_tariff import word
from emsp.pricing.stated_quantities import Reading, between
from emsp.pricing.vat_choice import vat_ratio
from emsp.retail.price import CpoPrice, PlanInForce, RetailPrice, retail_price
from emsp.retail.price_decision import energy_of, plug_of, with_tariff
from emsp.stores.table import StoreUnavailable

NOTES_AT_MOST: Final = 10
"""The largest number of reasons, and of assumptions. An event must stay small."""
WORK_AT_MOST: Final = 20_000
"""The limit of the work (periods times elements), because each push is priced while other pushes wait."""
VAT_AT_MOST: Final = Fraction(3, 2)
"""The largest plausible ratio of incl. VAT to excl. VAT. If it is exceeded, one of the two amounts is
wrong.
"""
WHOLE_UNIT: Final = Fraction(1)
"""The largest change of an amount when it is rounded to whole units."""
ROUNDED: Final = Fraction(1, 50)
A_LITTLE: Final = Fraction(1, 1000)
"""The share of the cost by which rounding can change it: hours have four decimals, kWh three."""


@dataclass(frozen=True)
class ClaimedSoFar:
    """The total_cost of a session. An amount is None if it is absent or unreadable."""

    excl_vat: Fraction | None
    incl_vat: Fraction | None

    def reading(self) -> Reading | None:
        """Return the stated cost with VAT, or without VAT if the CPO states no incl_vat.

        A cost of 0 counts as not stated, because many CPOs send 0 until the session ends.
        """
        excl, incl = (each if each and each > 0 else None for each in (self.excl_vat, self.incl_vat))
        if excl is None or incl is None:
            known = excl if incl is None else incl
            return None if known is None else Reading(known, known)
        if excl <= incl + WHOLE_UNIT and incl <= excl * VAT_AT_MOST + WHOLE_UNIT:
            return Reading(incl, incl)
        message = f"total_cost is {text(excl, 2)} without VAT and {text(incl, 2)} with it"
        return Reading(min(excl, incl), max(excl, incl), Note(Code.CONTRADICTED, message))

    def as_json(self, vat: Fraction | None) -> JsonObject | None:
        """Return the cost as JSON. If the CPO states one amount, the ratio `vat` (incl. to excl.) gives the
        other.
        """
        excl, incl = self.excl_vat, self.incl_vat
        if excl is None and incl is None:
            return None
        computed = bool(vat) and (excl is None or incl is None)
        if vat:
            excl = incl / vat if excl is None and incl is not None else excl
            incl = excl * vat if incl is None and excl is not None else incl
        stated: JsonObject = {"excl_vat": text_or_none(excl), "incl_vat": text_or_none(incl)}
        return {**stated, "computed": True} if computed else stated


@dataclass(frozen=True)
class SoFar:
    """The cost so far. `by_tariff` is None if the catalogue could not be read. `assumed` are the
    assumptions.
    """

    currency: str
    by_cpo: ClaimedSoFar
    by_tariff: Priced | None
    assumed: tuple[Note, ...] = ()
    gst_percent: Decimal | None = None
    retail: RetailPrice | None = None
    """What the driver would pay now, or None if the driver has no price plan."""

    def limit_reading(self) -> Reading | None:
        """Return the cost with VAT to compare with a driver's limit: what the driver pays or, if unknown,
        `reading`.
        """
        retail = self.retail
        least = retail.cost or retail.least if retail is not None else None
        if retail is None or least is None:
            return self.reading()
        most = retail.cost or retail.most or least
        reasons = self.by_tariff.reasons if self.by_tariff else ()
        why = next((note for note in reasons if note.code is Code.CONTRADICTED), None)
        return Reading(least.incl_vat, most.incl_vat, why)

    def reading(self) -> Reading | None:
        """Return the cost with VAT, by the CPO's total_cost and by the tariff.

        If both are known and agree, it is the larger one. If they contradict each other, it is a range. If
        one is known, it is that one. Return None if both are unknown.
        """
        stated, priced = self.by_cpo.reading(), _by_tariff(self.by_tariff)
        if stated is None or priced is None:
            return priced if stated is None else stated
        if stated.contradiction is None and priced.contradiction is None and self._agree(stated, priced):
            larger = max(stated.least, priced.least)
            return Reading(larger, larger)
        message = f"total_cost is {text(stated.least, 2)}, by the tariff it is {text(priced.least, 2)}"
        return Reading(
            min(stated.least, priced.least), max(stated.most, priced.most), Note(Code.CONTRADICTED, message)
        )

    def _vat(self) -> Fraction | None:
        """Return the ratio of incl. VAT to excl. VAT: by the tariff, or else by the configured rate."""
        tariff = self.by_tariff
        price = (tariff.total or tariff.most or tariff.least) if tariff else None
        return vat_ratio(price, self.gst_percent)

    def _agree(self, stated: Reading, priced: Reading) -> bool:
        """Whether the stated cost and the price by the tariff differ by no more than rounding explains.

        If one of them has no VAT, they are compared without VAT.
        """
        tariff = self.by_tariff
        assert tariff is not None  # noqa: S101  # its reading is there
        if self.by_cpo.excl_vat and tariff.least and (not self.by_cpo.incl_vat or not _has_vat(tariff)):
            low, high = tariff.least.excl_vat, tariff.most.excl_vat if tariff.most else None
            stated = Reading(self.by_cpo.excl_vat, self.by_cpo.excl_vat)
        else:
            low, high = priced.least, priced.most if tariff.most else None
        slack = (WHOLE_UNIT if stated.least.denominator == 1 else ROUNDED) + stated.least * A_LITTLE
        return low - slack <= stated.least and (high is None or stated.least <= high + slack)

    def as_json(self) -> JsonObject:
        """Return the cost as JSON. Amounts are decimal strings.

        If `by_tariff` is null, `reasons` say why. If `least` and `most` are given, the price is between them.
        """
        priced = self.by_tariff
        unread = [Note(Code.CATALOGUE_NOT_READ, "its location and tariff could not be read at that moment")]
        notes = [] if priced is None else [note for note in priced.notes if note.code in ASSUMPTIONS]
        return {
            "currency": self.currency or None,
            "by_cpo": self.by_cpo.as_json(self._vat()),
            "by_tariff": priced.total.as_json() if priced and priced.total else None,
            "least": priced.least.as_json() if priced and priced.least else None,
            "most": priced.most.as_json() if priced and priced.most else None,
            "reasons": _notes(unread if priced is None else priced.reasons),
            "assumptions": _notes(dict.fromkeys([*self.assumed, *notes])),
            **({"retail": self.retail.as_json()} if self.retail else {}),
        }


type PlanOf = Callable[[JsonObject, datetime], PlanInForce | None]
"""Returns the price plan of a session that began at this time. Raises StoreUnavailable."""


@dataclass(frozen=True)
class CostSoFar:
    """Prices sessions by the same tariffs as check_cdr. `plan_of` returns the driver's price plan."""

    pricing_context: FindPricingContext
    gst_percent: Decimal | None
    plan_of: PlanOf

    def __call__(self, session: JsonObject, seen: Seen) -> SoFar:
        """Return the cost so far of the session. Raises StoreUnavailable."""
        context = self.pricing_context(session)
        start = start_of(session, seen)
        starts = dict.fromkeys(each for each in (start.latest, start.earliest) if each is not None)
        priced = [self._priced(session, each, seen, context) for each in starts or (None,)]
        why = [start.contradiction] if start.contradiction else []
        by_tariff = between(priced, why) if why else priced[0]
        begun = start.latest or start.earliest
        plan = self.plan_of(session, begun) if begun else None
        retail = self._retail(plan, session, begun, seen, context, by_tariff) if plan and begun else None
        return SoFar(
            _currency(session),
            _by_cpo(session),
            by_tariff,
            context.notes,
            self.gst_percent,
            retail,
        )

    def _retail(  # noqa: PLR0917  # all that a price depends on
        self,
        plan: PlanInForce,
        session: JsonObject,
        start: datetime,
        seen: Seen,
        context: PricingContext,
        by_tariff: Priced,
    ) -> RetailPrice:
        end = until(session, start, seen)
        so_far = _as_if_ended(session, start, end)
        currency = _currency(session)
        cpo = CpoPrice.of(by_tariff, lambda: energy_of(so_far, context.time_zone))
        if cpo.total is None and cpo.least is None:
            cpo = replace(cpo, total=_by_cpo(session).excl_vat)

        def by_own(own: JsonObject, vat: Fraction) -> list[Priced]:
            charge: JsonObject = {**with_tariff(so_far), "tariffs": [own]}
            found = price(
                charge,
                (),
                context.time_zone,
                plain(vat),
                until=end,
                power_kw=context.power_kw,
                work_at_most=WORK_AT_MOST,
            )
            return [found]

        plug = plug_of(session, context.power_type, context.power_kw)
        return retail_price(plan, plug, currency, cpo, by_own)

    def _priced(
        self, session: JsonObject, start: datetime | None, seen: Seen, context: PricingContext
    ) -> Priced:
        end = until(session, start, seen) if start else None
        return price(
            _as_if_ended(session, start, end),
            context.tariffs,
            context.time_zone,
            self.gst_percent,
            until=end,
            power_kw=context.power_kw,
            work_at_most=WORK_AT_MOST,
        )

    def for_events(self, session: JsonObject, seen: Seen) -> JsonObject:
        """Return the cost so far as JSON for events. If the catalogue can't be read, `reasons` say so."""
        try:
            return self(session, seen).as_json()
        except StoreUnavailable as error:
            log.warning("the cost so far is reported without the tariff's price", problem=str(error))
            return SoFar(_currency(session), _by_cpo(session), None, gst_percent=self.gst_percent).as_json()


def _as_if_ended(session: JsonObject, start: datetime | None, end: datetime | None) -> JsonObject:
    """Return the session with a credible start. If its periods state no time, its last push becomes its
    end.
    """
    if start is None:
        return session
    if credible_time(session.get("start_date_time")) != start:
        session = {**session, "start_date_time": write_datetime(start)}
    if end is not None:
        session = with_credible_periods(session, start, end)
    if end is None or status_of(session) in NOT_BEGUN:
        return session
    if session.get("end_date_time") is None and states_times(session):
        return session
    return {**session, "end_date_time": write_datetime(end)}


def _by_tariff(priced: Priced | None) -> Reading | None:
    """Return the price with VAT as a reading. If the price is a range, so is the reading."""
    if priced is None:
        return None
    if priced.total is not None:
        return Reading(priced.total.incl_vat, priced.total.incl_vat)
    if priced.least is None:
        return None
    most = (priced.most or priced.least).incl_vat
    why = next((note for note in priced.reasons if note.code is Code.CONTRADICTED), None)
    return Reading(priced.least.incl_vat, most, why)


def _has_vat(priced: Priced) -> bool:
    components = [each for tariff in priced.tariffs for each in tariff.all_components()]
    return all(component.vat is not None for component in components)


def _currency(session: JsonObject) -> str:
    return word(session.get("currency")).upper()


def _by_cpo(session: JsonObject) -> ClaimedSoFar:
    cost = session.get("total_cost")
    if isinstance(cost, dict):
        return ClaimedSoFar(exact(cost.get("excl_vat")), exact(cost.get("incl_vat")))
    return ClaimedSoFar(exact(cost), None)  # a bare number, as in OCPI 2.1.1


def _notes(notes: Iterable[Note]) -> list[JsonValue]:
    return [each.as_json() for each in [*notes][:NOTES_AT_MOST]]
