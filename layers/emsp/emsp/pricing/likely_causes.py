"""Find the known mistake of CPOs that explains a claim to the paisa."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Final, cast

from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import NOTHING, ZERO, Amount, total_of
from emsp.pricing.claims import ClaimedAmount
from emsp.pricing.lines import Line, Part, Use
from emsp.pricing.periods import Dimension
from emsp.pricing.priced import Priced
from emsp.pricing.read_charge import HOUR
from emsp.pricing.stated_quantities import elapsed_h

_PAISA: Final = Fraction(1, 100)


@dataclass(frozen=True)
class LikelyCause:
    """A mistake that leads to exactly the claimed amount. `code` is fixed."""

    code: str
    message: str

    def as_json(self) -> JsonObject:
        return {"code": self.code, "message": self.message}


type Reprice = Callable[[JsonObject, str | None], Priced]
"""Returns the price of a changed charge in another time zone, by the same tariffs and rules."""


def likely_cause(
    cdr: JsonObject, claimed: ClaimedAmount, priced: Priced, reprice: Reprice
) -> LikelyCause | None:
    """Return the first known mistake that leads to the claim, excl. VAT and, if it is claimed, incl. VAT.

    Return None if there is none.
    """
    for cause, amount in _mistakes(cdr, priced, reprice):
        if amount is not None and not _differs(claimed, amount):
            return cause
    return None


def _differs(claimed: ClaimedAmount, amount: Amount) -> bool:
    difference = claimed.minus(amount)
    return abs(difference.excl_vat) >= _PAISA or (
        difference.incl_vat is not None and abs(difference.incl_vat) >= _PAISA
    )


def _mistakes(
    cdr: JsonObject, priced: Priced, reprice: Reprice
) -> Iterator[tuple[LikelyCause, Amount | None]]:
    total, lines = priced.total, priced.lines
    if total is None:
        return
    rate = total.incl_vat / total.excl_vat if total.excl_vat else Fraction(1)
    if total.incl_vat != total.excl_vat:
        message = "the amount with VAT is claimed as the one without"
        yield LikelyCause("VAT_INSIDE_EXCL", message), Amount(total.incl_vat, total.incl_vat)
        yield LikelyCause("VAT_INSIDE_EXCL", message), Amount(total.incl_vat, total.incl_vat * rate)
        yield LikelyCause("VAT_FORGOTTEN", "no VAT is claimed"), Amount(total.excl_vat, total.excl_vat)
    if priced.limits:
        message = "min_price or max_price was not applied"
        yield LikelyCause("LIMIT_IGNORED", message), priced.parts_total()
    message = "step_size was applied in each period"
    yield LikelyCause("STEP_PER_PERIOD", message), _sum(map(_in_steps_by_itself, lines))
    message = "step_size was not applied"
    yield LikelyCause("STEP_IGNORED", message), _sum(replace(line, surplus=ZERO) for line in lines)
    yield LikelyCause("FLAT_PER_PERIOD", "FLAT was charged in each period"), _flat_per_period(cdr, lines)
    fixed = priced.parts[Part.FIXED]
    if fixed != NOTHING:
        yield LikelyCause("FLAT_FORGOTTEN", "FLAT was not charged"), priced.parts_total() - fixed
    yield LikelyCause("ENERGY_ONLY", "only energy was charged"), priced.parts[Part.ENERGY]
    message = "the price of charging time was applied to the whole stay"
    yield LikelyCause("TIME_FOR_WHOLE_STAY", message), _time_for_all(cdr, lines)
    message = "the times of the tariff were read as UTC instead of local time"
    yield LikelyCause("UTC_FOR_LOCAL_TIME", message), reprice(cdr, "UTC").total
    message = "the first prices were applied, whatever their restrictions"
    yield LikelyCause("RESTRICTIONS_IGNORED", message), reprice(_unrestricted(cdr), None).total
    message = "each period's amount was rounded, and then they were added up"
    yield LikelyCause("ROUNDED_PER_PERIOD", message), _rounded(line.amount for line in lines)
    message = "each part's amount was rounded, and then they were added up"
    yield LikelyCause("ROUNDED_PER_PART", message), _rounded(priced.parts.values())
    whole = Amount(Fraction(floor(total.excl_vat)), Fraction(floor(total.incl_vat)))
    yield LikelyCause("CUT_OFF", "the amount was cut off instead of rounded"), whole
    above = Amount(Fraction(ceil(total.excl_vat)), Fraction(ceil(total.incl_vat)))
    yield LikelyCause("ROUNDED_UP", "the amount was rounded up to a whole unit"), above


def _sum(lines: Iterator[Line]) -> Amount:
    return sum((line.amount for line in lines), NOTHING)


def _rounded(amounts: Iterable[Amount]) -> Amount:
    """Return the sum of the amounts after each is rounded to the paisa, half up."""
    return total_of(Amount(_to_paisa(each.excl_vat), _to_paisa(each.incl_vat)) for each in amounts)


def _to_paisa(amount: Fraction) -> Fraction:
    return floor(amount / _PAISA + Fraction(1, 2)) * _PAISA


def _in_steps_by_itself(line: Line) -> Line:
    use = line.use
    step = use.price.component.step * (Fraction(1, 1000) if use.dimension is Dimension.ENERGY else 1)
    if use.dimension is Dimension.FLAT or not step:
        return line
    return Line(use, ceil(use.quantity / step) * step - use.quantity)


def _flat_per_period(cdr: JsonObject, lines: Sequence[Line]) -> Amount | None:
    periods = cdr.get("charging_periods")
    count = len(periods) if isinstance(periods, list) else 0
    flats = [line for line in lines if line.use.dimension is Dimension.FLAT]
    if count < 2 or not flats:
        return None
    once = _sum(iter(flats))
    times = Amount(once.excl_vat * (count - 1), once.incl_vat * (count - 1))
    return _sum(iter(lines)) + times


def _time_for_all(cdr: JsonObject, lines: Sequence[Line]) -> Amount | None:
    """Return the cost if the whole stay is charged by the price of charging time, or None if it has none.

    Whether parking has a price does not matter.
    """
    times = [line for line in lines if line.use.dimension is Dimension.TIME]
    parking = sum((line.use.quantity for line in lines if line.use.dimension is Dimension.PARKING_TIME), ZERO)
    if not times:
        return None
    reserved = sum(
        (line.use.quantity for line in lines if line.use.dimension is Dimension.RESERVATION_TIME), ZERO
    )
    last = max(line.use.period.seconds[1] for line in lines)
    stay = max(last, parking, (elapsed_h(cdr, None) or ZERO) * HOUR - reserved)
    charged = sum((line.use.quantity for line in times), ZERO)
    use: Use = replace(times[-1].use, quantity=max(ZERO, stay - charged))
    others = [line for line in lines if line.use.dimension is not Dimension.PARKING_TIME]
    return _sum(iter([*(replace(line, surplus=ZERO) for line in others), Line(use)]))


def _unrestricted(cdr: JsonObject) -> JsonObject:
    tariffs = cdr.get("tariffs")
    if not isinstance(tariffs, list):
        return cdr
    return {**cdr, "tariffs": [_without_restrictions(each) for each in tariffs]}


def _without_restrictions(tariff: JsonValue) -> JsonValue:
    elements = tariff.get("elements") if isinstance(tariff, dict) else None
    if not isinstance(tariff, dict) or not isinstance(elements, list):
        return tariff
    free = [
        {"price_components": element["price_components"]}
        for element in elements
        if isinstance(element, dict) and "price_components" in element
    ]
    return {**tariff, "elements": cast("list[JsonValue]", free)}
