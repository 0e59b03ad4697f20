"""The lines of what a driver pays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from emsp.ocpi.json_text import JsonObject, JsonValue, as_object
from emsp.pricing.amounts import ZERO, exact, text, text_or_none
from emsp.retail.rounding import rounded


class LineKind(StrEnum):
    """What a line is for. The first kinds are OCPI's dimensions, for our own tariff."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    RESERVATION_TIME = "RESERVATION_TIME"
    FLAT = "FLAT"
    CHARGE = "CHARGE"
    """The CPO's price and the percentage of the plan."""
    PER_KWH = "PER_KWH"
    PER_SESSION = "PER_SESSION"
    MINIMUM = "MINIMUM"
    MAXIMUM = "MAXIMUM"
    ROUNDING = "ROUNDING"
    CREDIT = "CREDIT"
    REPRICED = "REPRICED"


@dataclass(frozen=True)
class RetailAmount:
    """What a driver pays: without VAT, the VAT, and the sum of both. The sum is rounded as the plan
    defines.
    """

    excl_vat: Fraction = ZERO
    vat: Fraction = ZERO
    incl_vat: Fraction = ZERO

    @classmethod
    def of(cls, excl_vat: Fraction, vat: Fraction, round_to: Fraction | None = None) -> "RetailAmount":
        return cls(excl_vat, vat, rounded(excl_vat + vat, round_to))

    def __add__(self, other: "RetailAmount") -> "RetailAmount":
        return RetailAmount(
            self.excl_vat + other.excl_vat, self.vat + other.vat, self.incl_vat + other.incl_vat
        )

    def __sub__(self, other: "RetailAmount") -> "RetailAmount":
        return RetailAmount(
            self.excl_vat - other.excl_vat, self.vat - other.vat, self.incl_vat - other.incl_vat
        )

    def as_json(self) -> JsonObject:
        return {
            "excl_vat": text(self.excl_vat),
            "vat": text(self.vat),
            "incl_vat": text(self.incl_vat),
        }

    @classmethod
    def read(cls, value: JsonValue) -> "RetailAmount":
        """Return the amount that as_json wrote."""
        stated = as_object(value)
        return cls(*(exact(stated.get(name)) or ZERO for name in ("excl_vat", "vat", "incl_vat")))


NOTHING = RetailAmount()


@dataclass(frozen=True)
class RetailLine:
    """A line of a price: `quantity` in `unit` (kWh, h, once) at `price`.

    `vat_percent` is None if the line has several rates.
    """

    kind: LineKind
    money: RetailAmount
    vat_percent: Fraction | None = None
    quantity: Fraction | None = None
    unit: str | None = None
    price: Fraction | None = None

    def as_json(self) -> JsonObject:
        return {
            "kind": self.kind.value,
            "quantity": text_or_none(self.quantity, 6),
            "unit": self.unit,
            "price": text_or_none(self.price),
            "vat_percent": text_or_none(self.vat_percent),
            **self.money.as_json(),
        }


def with_rounding_line(lines: Sequence[RetailLine], cost: RetailAmount) -> list[JsonObject]:
    """Return the lines as JSON, with a line for the rounding, so that they add up to `cost`."""
    written = [line.as_json() for line in lines]
    rest = as_written(cost) - total_of(written)
    return [*written, RetailLine(LineKind.ROUNDING, rest).as_json()] if rest != NOTHING else written


def as_written(money: RetailAmount) -> RetailAmount:
    return RetailAmount.read(money.as_json())


def total_of(lines: Iterable[JsonValue]) -> RetailAmount:
    """Return the sum of the lines."""
    total = NOTHING
    for line in lines:
        total += RetailAmount.read(line)
    return total
