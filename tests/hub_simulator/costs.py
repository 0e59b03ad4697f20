"""The cost of a session by its tariff, for its CDR."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from tests.hub_simulator.json_types import JsonObject

HOUR = Decimal(3600)


@dataclass(frozen=True)
class Use:
    """The usage: kWh, seconds of charging, and seconds of parking after it."""

    energy_kwh: Decimal
    charging_s: Decimal
    parking_s: Decimal


@dataclass(frozen=True)
class Money:
    """A cost without and with GST; no GST if the tariff has none."""

    excl_vat: Decimal
    incl_vat: Decimal
    taxed: bool

    def price(self) -> JsonObject:
        """OCPI's Price, four decimals."""
        price: JsonObject = {"excl_vat": as_number(self.excl_vat)}
        if self.taxed:
            price["incl_vat"] = as_number(self.incl_vat)
        return price


def as_number(value: Decimal) -> float:
    """A JSON number with at most four decimals."""
    return float(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def costs(tariff: JsonObject, use: Use) -> dict[str, Money]:
    """The cost of each dimension that the tariff prices, and "TOTAL"."""
    found: dict[str, Money] = {}
    for component in tariff["elements"][0]["price_components"]:
        kind, price = component["type"], Decimal(str(component["price"]))
        quantity = _billed(kind, use, int(component["step_size"]))
        excl = (price * quantity).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        vat = component.get("vat")
        factor = 1 + Decimal(str(vat or 0)) / 100
        incl = (excl * factor).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        found[kind] = Money(excl, incl, taxed=vat is not None)
    found["TOTAL"] = Money(
        sum((money.excl_vat for money in found.values()), Decimal(0)),
        sum((money.incl_vat for money in found.values()), Decimal(0)),
        taxed=any(money.taxed for money in found.values()),
    )
    return found


def _billed(kind: str, use: Use, step: int) -> Decimal:
    """The quantity in kWh or hours, rounded up to whole steps (of Wh or seconds)."""
    match kind:
        case "ENERGY":
            return Decimal(math.ceil(use.energy_kwh * 1000 / step) * step) / 1000
        case "TIME":
            return _hours(use.charging_s, step)
        case "PARKING_TIME":
            return _hours(use.parking_s, step)
        case _:
            return Decimal(1)


def _hours(seconds: Decimal, step: int) -> Decimal:
    """Return the hours of whole steps. A time that rounds to 0 hours with four decimals, as in the CDR, costs
    nothing.
    """
    return Decimal(math.ceil(seconds / step) * step if as_number(seconds / HOUR) else 0) / HOUR
