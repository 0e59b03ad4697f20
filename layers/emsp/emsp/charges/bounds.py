"""The least and the most that a charge can cost where its data leaves open which price applies.

Quantities that have one price only are priced as they are; the others by the lowest and by the highest of
their possible prices, the highest with a whole block of step_size more. So no division that the data allows
is outside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.charges.amounts import NOTHING, Amount, higher, lower
from emsp.charges.component_choice import Choice, Price
from emsp.charges.lines import Line, cost
from emsp.charges.stretches import Dimension, Stretch

_TOGETHER: Final = (
    (Dimension.ENERGY,),
    (Dimension.TIME, Dimension.PARKING_TIME),
    (Dimension.RESERVATION_TIME,),
)
_WH: Final = Fraction(1, 1000)


@dataclass(frozen=True)
class Looked:
    """What was found for one dimension of one period."""

    stretch: Stretch
    dimension: Dimension
    choice: Choice


def bounds(looked: Sequence[Looked], lines: Iterable[Line]) -> tuple[Amount, Amount] | None:
    """Least and most of all that is measured, FLAT apart; None where a possible price can't be read."""
    least, most = NOTHING, NOTHING
    priced = list(lines)
    for dimensions in _TOGETHER:
        group = [each for each in looked if each.dimension in dimensions]
        if all(each.choice.is_certain and not each.choice.unknown for each in group):
            exact = sum((line.amount for line in priced if line.use.dimension in dimensions), NOTHING)
            least, most = least + exact, most + exact
            continue
        low, high = _open(group)
        least, most = least + low, most + high
    prices = [price for each in looked for price in each.choice.possible if price is not None]
    return None if any(price.component.price is None for price in prices) else (least, most)


def _open(group: Sequence[Looked]) -> tuple[Amount, Amount]:
    least, most = NOTHING, NOTHING
    block_low, block_high = NOTHING, NOTHING
    for each in group:
        quantity = each.stretch.volume(each.dimension)
        low, high = None, None
        for price in each.choice.possible:
            amount = _cost(each.dimension, quantity, price)
            low = amount if low is None else lower(low, amount)
            high = amount if high is None else higher(high, amount)
            block = _cost(each.dimension, _block(each.dimension, price), price)
            block_low, block_high = lower(block_low, block), higher(block_high, block)
        least, most = least + (low or NOTHING), most + (high or NOTHING)
    return least + block_low, most + block_high


def _block(dimension: Dimension, price: Price | None) -> Fraction:
    step = Fraction(0) if price is None else price.component.step
    return step * _WH if dimension is Dimension.ENERGY else step


def _cost(dimension: Dimension, quantity: Fraction, price: Price | None) -> Amount:
    return NOTHING if price is None else cost(dimension, quantity, price)
