"""Compute the lowest and the highest possible cost of a charge whose data does not decide the price.

A quantity with one possible price has that price. Any other quantity has the lowest of its prices in the one
sum, and the highest in the other. The highest sum has one more block of step_size. So the true cost is
between the two sums.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Final

from emsp.pricing.amounts import NOTHING, Amount, higher, lower, total_of
from emsp.pricing.component_choice import Choice, ComponentPrice
from emsp.pricing.lines import Line, cost
from emsp.pricing.periods import Dimension, PricingPeriod

_TOGETHER: Final = (
    (Dimension.ENERGY,),
    (Dimension.TIME, Dimension.PARKING_TIME),
    (Dimension.RESERVATION_TIME,),
)
_WH: Final = Fraction(1, 1000)
_ONE: Final = Fraction(1)


@dataclass(frozen=True)
class Looked:
    """The prices that were found for one dimension of one period."""

    period: PricingPeriod
    dimension: Dimension
    choice: Choice


def bounds(looked: Sequence[Looked], lines: Iterable[Line]) -> tuple[Amount, Amount] | None:
    """Return the lowest and the highest cost of all quantities, without FLAT.

    Return None if a price can't be read.
    """
    least, most = NOTHING, NOTHING
    priced = list(lines)
    for dimensions in _TOGETHER:
        group = [each for each in looked if each.dimension in dimensions]
        if all(each.choice.is_certain and not each.choice.unknown for each in group):
            exact = total_of(line.amount for line in priced if line.use.dimension in dimensions)
            least, most = least + exact, most + exact
            continue
        low, high = _open(group)
        least, most = least + low, most + high
    prices = [price for each in looked for price in each.choice.possible if price is not None]
    return None if any(price.component.price is None for price in prices) else (least, most)


def _open(group: Sequence[Looked]) -> tuple[Amount, Amount]:
    least, most = [], []
    ranges: dict[tuple[Dimension, tuple[int, ...]], tuple[Amount, Amount]] = {}
    blocks: dict[int, ComponentPrice | None] = {}
    for each in group:
        key = each.dimension, tuple(id(price and price.component) for price in each.choice.possible)
        if key not in ranges:
            ranges[key] = _range([_cost(each.dimension, _ONE, price) for price in each.choice.possible])
            blocks |= dict(zip(key[1], each.choice.possible, strict=True))
        volume = each.period.volume(each.dimension)
        low, high = ranges[key] if volume > 0 else ranges[key][::-1]
        least.append(Amount(low.excl_vat * volume, low.incl_vat * volume))
        most.append(Amount(high.excl_vat * volume, high.incl_vat * volume))
    dimensions = {each.dimension for each in group}
    low, high = _range(
        [
            NOTHING,
            *(
                _cost(dimension, _block(dimension, price), price)
                for dimension in dimensions
                for price in blocks.values()
            ),
        ]
    )
    return total_of([*least, low]), total_of([*most, high])


def _range(costs: Sequence[Amount]) -> tuple[Amount, Amount]:
    return reduce(lower, costs), reduce(higher, costs)


def _block(dimension: Dimension, price: ComponentPrice | None) -> Fraction:
    step = Fraction(0) if price is None else price.component.step
    return step * _WH if dimension is Dimension.ENERGY else step


def _cost(dimension: Dimension, quantity: Fraction, price: ComponentPrice | None) -> Amount:
    return NOTHING if price is None else cost(dimension, quantity, price)
