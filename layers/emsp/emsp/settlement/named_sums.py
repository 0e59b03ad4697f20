"""Counts and exact sums of money, by name."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Self

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import DIGITS_AT_MOST, ZERO, exact, text
from emsp.settlement.csv_lines import Cell, count_of, exact_number


@dataclass
class NamedSums:
    """Counts and amounts that begin at zero. A subclass names them."""

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
        """The counts and then the amounts, in the order of their names."""
        return [*map(count_of, self.counts.values()), *map(exact_number, self.money.values())]

    def as_json(self) -> JsonObject:
        return {**self.counts, **{name: text(amount, DIGITS_AT_MOST) for name, amount in self.money.items()}}

    @classmethod
    def read(cls, value: JsonObject) -> Self:
        """Read what as_json wrote."""
        counts = {name: int(str(value[name])) for name in cls.COUNTED}
        return cls(counts, {name: exact(value[name]) or ZERO for name in cls.SUMMED})
