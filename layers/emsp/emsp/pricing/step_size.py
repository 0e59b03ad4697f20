"""Apply step_size: round the used quantity up to whole blocks (OCPI 2.2.1, mod_cdrs, step_size).

The energy of a session is rounded up once, and its time is rounded up once. If charging and parking both have
a price, only the parking time is rounded. The last component that was used decides the size of the block and
the price of the added quantity. Quantities without a price are ignored.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Final

from emsp.pricing.amounts import ZERO, added_up
from emsp.pricing.lines import Line, Use
from emsp.pricing.periods import Dimension

_WH: Final = Fraction(1, 1000)
_SECOND: Final = Fraction(1)
TIME_TOLERANCE_S: Final = Fraction("0.18")
"""The largest error, in seconds, of a time in hours that is rounded to four decimals.

If a total exceeds a multiple of step_size by at most this for each volume, it is taken as that multiple.
"""


def in_steps(uses: Sequence[Use]) -> list[Line]:
    """Return a line for each use, in order. The last use of each rounded total gets the surplus."""
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
    """Return the quantity, in kWh or seconds, that rounding up to whole blocks adds to the total of `uses`.

    step_size times `unit` is the size of a block in kWh or seconds. If the total exceeds a multiple of it by
    at most `tolerance` for each use, this is a rounding error of hours. Then the total is rounded down, and
    the result is negative.
    """
    step = uses[-1].price.component.step * unit
    if not step:
        return ZERO
    excess = added_up(use.quantity for use in uses)
    excess -= floor(excess / step) * step
    if not excess or (excess <= tolerance * len(uses) and excess < step / 2):
        return -excess
    return step - excess
