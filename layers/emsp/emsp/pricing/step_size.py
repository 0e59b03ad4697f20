"""step_size: quantities are billed in blocks, rounded up once a session (OCPI CDRs: step_size).

Once for energy and once for charging and parking together: of these only parking where both are priced. The
block is that of the last component used, and what it adds is billed at its price. What has no price does not
count.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Final

from emsp.pricing.amounts import ZERO, added_up
from emsp.pricing.lines import Line, Use
from emsp.pricing.rules import AcrossTariffs, AfterParking, PricingRules
from emsp.pricing.stretches import Dimension

_WH: Final = Fraction(1, 1000)
_SECOND: Final = Fraction(1)


def in_steps(uses: Sequence[Use], rules: PricingRules) -> list[Line]:
    """A line for each use, in their order; those that close a block have its surplus."""
    surplus: dict[int, Fraction] = {}
    for group in _groups(uses, rules):
        for last, added in _rounded(group, rules):
            surplus[id(last)] = added
    return [Line(use, surplus.get(id(use), ZERO)) for use in uses]


def _groups(uses: Sequence[Use], rules: PricingRules) -> Iterable[Sequence[Use]]:
    if rules.step_across_tariffs is AcrossTariffs.ONCE:
        return [uses]
    by_tariff: dict[int, list[Use]] = {}
    for use in uses:
        by_tariff.setdefault(id(use.price.tariff), []).append(use)
    return by_tariff.values()


def _rounded(uses: Sequence[Use], rules: PricingRules) -> Iterable[tuple[Use, Fraction]]:
    tolerance = Fraction(rules.time_tolerance_s)
    energy = [use for use in uses if use.dimension is Dimension.ENERGY]
    if energy:
        yield energy[-1], _surplus(energy, _WH, ZERO)
    reserved = [use for use in uses if use.dimension is Dimension.RESERVATION_TIME]
    if reserved:
        yield reserved[-1], _surplus(reserved, _SECOND, tolerance)
    times = [use for use in uses if use.dimension in (Dimension.TIME, Dimension.PARKING_TIME)]
    if times:
        kind = _rounded_time(times, rules)
        chosen = [use for use in times if use.dimension is kind]
        yield chosen[-1], _surplus(chosen, _SECOND, tolerance)


def _rounded_time(times: Sequence[Use], rules: PricingRules) -> Dimension:
    parking = any(use.dimension is Dimension.PARKING_TIME for use in times)
    if not parking or rules.charging_after_parking is AfterParking.LAST:
        return times[-1].dimension
    return Dimension.PARKING_TIME


def _surplus(uses: Sequence[Use], unit: Fraction, tolerance: Fraction) -> Fraction:
    """What the last block lacks; a little less than nothing where hours of four decimals say a little too
    much.
    """
    step = uses[-1].price.component.step * unit
    if not step:
        return ZERO
    excess = added_up(use.quantity for use in uses)
    excess -= floor(excess / step) * step
    if not excess or (excess <= tolerance * len(uses) and excess < step / 2):
        return -excess
    return step - excess
