"""Apply step_size: bill quantities in blocks, rounded up once a session (OCPI 2.2.1, mod_cdrs, step_size).

Energy is rounded once. Charging and parking time are rounded once together: only parking if both have a
price. The last component that was used gives the block, and the price of what rounding adds. A quantity
without a price does not count.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Final

from emsp.pricing.amounts import ZERO, added_up
from emsp.pricing.lines import Line, Use
from emsp.pricing.stretches import Dimension

_WH: Final = Fraction(1, 1000)
_SECOND: Final = Fraction(1)
TIME_TOLERANCE_S: Final = Fraction("0.18")
"""By how many seconds hours with four decimals can be too long.

A total that exceeds a multiple of step_size by no more than this for each of its volumes counts as that.
"""


def in_steps(uses: Sequence[Use]) -> list[Line]:
    """Return a line for each use, in order. The last use of each rounded total has the surplus."""
    surplus = {id(last): added for last, added in _rounded(uses)}
    return [Line(use, surplus.get(id(use), ZERO)) for use in uses]


def _rounded(uses: Sequence[Use]) -> Iterable[tuple[Use, Fraction]]:
    energy = [use for use in uses if use.dimension is Dimension.ENERGY]
    if energy:
        yield energy[-1], _surplus(energy, _WH, ZERO)
    reserved = [use for use in uses if use.dimension is Dimension.RESERVATION_TIME]
    if reserved:
        yield reserved[-1], _surplus(reserved, _SECOND, TIME_TOLERANCE_S)
    times = [use for use in uses if use.dimension in (Dimension.TIME, Dimension.PARKING_TIME)]
    if times:
        parked = [use for use in times if use.dimension is Dimension.PARKING_TIME]
        chosen = parked or times
        yield chosen[-1], _surplus(chosen, _SECOND, TIME_TOLERANCE_S)


def _surplus(uses: Sequence[Use], unit: Fraction, tolerance: Fraction) -> Fraction:
    """Return what rounding up to whole blocks adds to the total of `uses`, in kWh or seconds.

    `unit` is the unit of step_size in that of the quantities (Wh in kWh, or a second). If the total exceeds a
    multiple of the block by at most `tolerance` for each use, the excess is a rounding error of hours with
    four decimals. Then the total is rounded down, and the result is below 0.
    """
    step = uses[-1].price.component.step * unit
    if not step:
        return ZERO
    excess = added_up(use.quantity for use in uses)
    excess -= floor(excess / step) * step
    if not excess or (excess <= tolerance * len(uses) and excess < step / 2):
        return -excess
    return step - excess
