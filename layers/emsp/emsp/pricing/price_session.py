"""Price a charge by its tariff, exactly and line by line (OCPI 2.2.1, mod_tariffs; mod_cdrs, step_size)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import Amount, higher, lower, total_of
from emsp.pricing.component_choice import Choice, ComponentChoice
from emsp.pricing.elements import Reserved
from emsp.pricing.flat_fees import FlatFee
from emsp.pricing.lines import Line, Part, Use
from emsp.pricing.min_max_price import AppliedLimit, limited
from emsp.pricing.notes import Code, Note, Remarks
from emsp.pricing.periods import Dimension, PricingPeriod
from emsp.pricing.price_range import Looked, bounds
from emsp.pricing.priced import Priced, without_price
from emsp.pricing.read_charge import Charge, read_charge
from emsp.pricing.read_tariff import PricingTariff
from emsp.pricing.reservations import elements_of_reservation
from emsp.pricing.stated_quantities import elapsed_h, price_between
from emsp.pricing.step_size import in_steps
from emsp.pricing.tariff_choice import Candidate, OnlyTariff, TariffChoice

PERIODS_AT_MOST: Final = 5000
TARIFFS_AT_MOST: Final = 50
WORK_AT_MOST: Final = 1_000_000
"""The limit of the work for one price: the sum, over all periods, of the sizes of their tariffs.

At the limit a price takes about 10 s of CPU time.
"""

_SESSION = (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME)


def price(
    charge: JsonObject,
    tariffs: Sequence[JsonObject] = (),
    time_zone: str | None = None,
    vat_when_absent: Decimal | None = None,
    *,
    until: datetime | None = None,
    power_kw: Fraction | None = None,
    work_at_most: int = WORK_AT_MOST,
    expired: bool | None = None,
    by_clock: bool | None = None,
    as_stated: bool = False,
) -> Priced:
    """Return the price of a CDR or session by the tariffs that it contains, or else by the pulled `tariffs`.

    `time_zone` is that of the Location, `vat_when_absent` the VAT of components without one (read_tariff),
    and `power_kw` the power of the connector. `until` is the present time if the session is running.
    `work_at_most` limits the sum, over all periods, of the sizes of their tariffs; if it is exceeded, the
    reason is TOO_LARGE. read_charge explains `expired` and `by_clock`. If `as_stated` is True, the volumes of
    the periods are used even if they contradict the totals. No content of the objects raises an error.
    Problems are in the `reasons` and `notes` of the result.
    """
    for name, most in (("charging_periods", PERIODS_AT_MOST), ("tariffs", TARIFFS_AT_MOST)):
        listed = charge.get(name)
        if isinstance(listed, list) and len(listed) > most:
            return without_price(Note(Code.TOO_LARGE, f"the charge has {len(listed)} {name}, at most {most}"))

    def pricing(read: JsonObject) -> Priced:
        found = read_charge(read, time_zone, expired, by_clock=by_clock)
        return _Pricing(found, TariffChoice.of(found, read, tariffs, vat_when_absent)).result(work_at_most)

    if as_stated:
        return pricing(charge)
    return price_between(charge, pricing, elapsed_h=elapsed_h(charge, until), power_kw=power_kw)


def price_again(charge: Charge, tariff: JsonObject, vat_when_absent: Decimal | None) -> Priced:
    """Return the price of a charge by another tariff. The charge is not read again."""
    return _Pricing(charge, OnlyTariff(charge, [Candidate(tariff, vat_when_absent)], ())).result(WORK_AT_MOST)


class _Pricing(Remarks):
    """Computes the price of one charge."""

    def __init__(self, charge: Charge, tariffs: TariffChoice) -> None:
        super().__init__(notes=[*charge.notes], reasons=[*charge.reasons])
        self._charge = charge
        self._tariffs = tariffs
        self._used: list[PricingTariff] = []
        self._looked: list[Looked] = []
        self._unread: list[Note] = []
        self._fee = FlatFee(Part.FIXED)
        self._reservation_fee = FlatFee(Part.RESERVATION)

    def result(self, work_at_most: int) -> Priced:
        chosen: list[tuple[PricingPeriod, PricingTariff | None]] = []
        work = 0
        for period in self._charge.periods:
            chosen.append((period, tariff := self._tariffs.tariff_for(period)))
            work += tariff.size if tariff is not None else 0
            if work > work_at_most:
                message = f"its periods times the elements of its tariffs exceed {work_at_most}"
                return without_price(Note(Code.TOO_LARGE, message))
        for period, tariff in chosen:
            if tariff is not None:
                if not any(tariff is used for used in self._used):
                    self._used.append(tariff)
                self._look_up(period, ComponentChoice(tariff, period))
        if not self._charge.periods and not self.reasons:
            self.reason(Code.INVALID_CHARGE, "the charge has no periods")
        self.notes += self._tariffs.notes
        self.reasons += self._tariffs.reasons
        unbounded = bool(self.reasons)
        lines = self._lines()
        self.reasons += self._unread
        for each in self._looked:
            self.reasons += each.choice.unknown
            if each.choice.spans_a_change:
                self.notes.append(_spans(each))
        for fee in (self._fee, self._reservation_fee):
            self.reasons += fee.unknown
        found = self._priced(lines, None if unbounded else self._bounds(lines))
        # The cost of an unknown volume has no upper bound.
        return replace(found, charge=self._charge, most=None if self._unread else found.most)

    def _look_up(self, period: PricingPeriod, components: ComponentChoice) -> None:
        for dimension in period.unread:
            reserved = dimension is Dimension.RESERVATION_TIME
            lists = [Reserved.RESERVATION if reserved else Reserved.NO]
            if any(components.choose(dimension, lists).possible):
                message = f"period {period.position + 1}: the volume of {dimension} can't be read"
                self._unread.append(Note(Code.INVALID_VOLUME, message))
        if period.volume(Dimension.RESERVATION_TIME):
            lists = elements_of_reservation(expired=bool(self._charge.expired))
            self._reservation_fee.add(period, components.choose(Dimension.FLAT, lists))
            found = components.choose(Dimension.RESERVATION_TIME, lists)
            self._looked.append(Looked(period, Dimension.RESERVATION_TIME, found))
        if period.is_merely_reserved or self._charge.expired:
            return
        if not self._fee.is_settled:
            self._fee.add(period, components.choose(Dimension.FLAT))
        for dimension in _SESSION:
            if period.volume(dimension):
                found = components.choose(dimension)
                if dimension is Dimension.TIME and self._charge.either_time:
                    found = self._either_time(found, components)
                if self._charge.is_by_clock and dimension is not Dimension.ENERGY and any(found.possible):
                    self.note(Code.TIME_BY_CLOCK, "no period states its time: priced by the clock")
                self._looked.append(Looked(period, dimension, found))

    def _either_time(self, charging: Choice, components: ComponentChoice) -> Choice:
        """Return the prices of a time that is charging or parking: no total says how much was parking.

        The time is priced as charging. If parking has a price of its own, the price is only known as a range.
        """
        parking = components.choose(Dimension.PARKING_TIME)
        if not any(parking.possible):
            if charging.price is not None:
                self.note(Code.NO_PARKING_TIME, "no total_parking_time: all was charging")
            return charging
        unknown = Note(Code.NO_PARKING_TIME, "no total_parking_time, and parking has a price of its own")
        return replace(charging, possible=(*charging.possible, *parking.possible), unknown=(unknown,))

    def _lines(self) -> list[Line]:
        uses = [
            Use.of(each.dimension, each.period, each.choice.price)
            for each in self._looked
            if each.choice.price is not None and not each.choice.unknown
        ]
        flats = [*self._fee.uses, *self._reservation_fee.uses]
        return [Line(use) for use in flats] + in_steps(uses)

    def _bounds(self, lines: Sequence[Line]) -> tuple[Amount, Amount] | None:
        measured = bounds(self._looked, lines)
        if measured is None:
            return None
        least, most = measured
        for fee in (self._fee, self._reservation_fee):
            low, high = fee.bounds()
            least, most = least + low, most + high
        return least, most

    def _priced(self, lines: Sequence[Line], open_total: tuple[Amount, Amount] | None) -> Priced:
        parts = {part: total_of(line.amount for line in lines if line.use.part is part) for part in Part}
        total = total_of(parts.values())
        limits: tuple[AppliedLimit, ...] = ()
        has_limits = [each for each in self._used if each.min_price or each.max_price]
        if has_limits and len(self._used) > 1:
            self.reason(
                Code.SEVERAL_TARIFFS_WITH_LIMITS,
                "several tariffs were used, and some have a min_price or max_price",
            )
            open_total = None
        elif has_limits and not self._charge.expired:
            total, limits = limited(total, has_limits[0])
            if open_total:
                low, high = (limited(each, has_limits[0])[0] for each in open_total)
                open_total = lower(low, high), higher(low, high)
            if any(limit.tax_assumed for limit in limits):
                self.note(
                    Code.LIMIT_VAT_ASSUMED,
                    "min_price or max_price has no incl_vat: its VAT is in proportion to that of the total",
                )
        is_priced = not self.reasons
        return Priced(
            total=total if is_priced else None,
            parts=parts if is_priced else {},
            least=open_total[0] if open_total else None,
            most=open_total[1] if open_total else None,
            lines=tuple(lines) if is_priced else (),
            limits=limits if is_priced else (),
            notes=tuple(dict.fromkeys(self.notes)),
            reasons=tuple(dict.fromkeys(self.reasons)),
            tariffs=tuple(self._used),
        )


def _spans(each: Looked) -> Note:
    place = f"period {each.period.position + 1}"
    return Note(
        Code.PERIOD_SPANS_CHANGE,
        f"the price of {each.dimension} changes within {place}: its price at the start of the period is used",
    )
