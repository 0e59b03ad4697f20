"""Named counts and exact sums of money."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Self

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import DIGITS_AT_MOST, ZERO, exact, text
from emsp.settlement.csv_lines import Cell, count_of, exact_number


@dataclass
class NamedSums:
    """Counts and sums, all 0 at first. A subclass has their names."""

    COUNTED: ClassVar[tuple[str, ...]]
    SUMMED: ClassVar[tuple[str, ...]]

    counts: dict[str, int] = field(default_factory=dict)
    money: dict[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = dict.fromkeys(self.COUNTED, 0) | self.counts
        self.money = dict.fromkeys(self.SUMMED, ZERO) | self.money

    def add(self, other: Self) -> None:
        for name, count in other.counts.items():
            self.counts[name] += count
        for name, amount in other.money.items():
            self.money[name] += amount

    def cells(self) -> list[Cell]:
        """Return the cells of the counts, and then those of the sums, in the order of their names."""
        return [*map(count_of, self.counts.values()), *map(exact_number, self.money.values())]

    def as_json(self) -> JsonObject:
        return {**self.counts, **{name: text(amount, DIGITS_AT_MOST) for name, amount in self.money.items()}}

    @classmethod
    def read(cls, value: JsonObject) -> Self:
        """Return the counts and sums that as_json wrote."""
        counts = {name: int(str(value[name])) for name in cls.COUNTED}
        return cls(counts, {name: exact(value[name]) or ZERO for name in cls.SUMMED})
