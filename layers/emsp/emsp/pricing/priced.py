"""A price, and how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass

from emsp.pricing.amounts import Amount, total_of
from emsp.pricing.limits import AppliedLimit
from emsp.pricing.lines import Line, Part
from emsp.pricing.notes import Note
from emsp.pricing.read_tariff import Tariff


@dataclass(frozen=True)
class Priced:
    """A price and how it came about. `total` None: it can't be told, and `reasons` say why.

    `parts` add up to the total unless `limits` changed it. `least` and `most` are what the data allows; equal
    to the total where nothing is open, None where not even that can be told.
    """

    total: Amount | None
    parts: Mapping[Part, Amount]
    least: Amount | None
    most: Amount | None
    lines: tuple[Line, ...]
    limits: tuple[AppliedLimit, ...]
    notes: tuple[Note, ...]
    reasons: tuple[Note, ...]
    tariffs: tuple[Tariff, ...]

    def parts_total(self) -> Amount:
        """What the parts add up to: the total before limits."""
        return total_of(self.parts.values())


def without_price(reason: Note) -> Priced:
    """Where nothing can be told."""
    return Priced(None, {}, None, None, (), (), (), (reason,), ())
