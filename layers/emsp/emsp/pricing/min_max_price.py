"""Apply min_price and max_price, the lowest and the highest cost of a session (OCPI 2.2.1, mod_tariffs).

Amounts excl. VAT and amounts incl. VAT are limited separately.
"""

from dataclasses import dataclass
from fractions import Fraction

from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import Amount
from emsp.pricing.read_tariff import PriceLimit, PricingTariff


@dataclass(frozen=True)
class AppliedLimit:
    """A min_price or max_price that changed the total.

    `tax_assumed` is True if the limit has no incl_vat. Its VAT is then in proportion to that of the total.
    """

    name: str
    before: Amount
    after: Amount
    tax_assumed: bool

    def as_json(self) -> JsonObject:
        return {"limit": self.name, "before": self.before.as_json(), "after": self.after.as_json()}


def limited(total: Amount, tariff: PricingTariff) -> tuple[Amount, tuple[AppliedLimit, ...]]:
    """Return the total within the tariff's limits, and the limits that changed it."""
    ratio = _tax_ratio(total, tariff)
    applied: list[AppliedLimit] = []
    for name, limit, within in (("min_price", tariff.min_price, max), ("max_price", tariff.max_price, min)):
        if limit is None:
            continue
        excl, incl = _both(limit, ratio)
        after = Amount(within(total.excl_vat, excl), within(total.incl_vat, incl))
        if after != total:
            applied.append(AppliedLimit(name, total, after, limit.excl_vat is None or limit.incl_vat is None))
            total = after
    return total, tuple(applied)


def _both(limit: PriceLimit, ratio: Fraction) -> tuple[Fraction, Fraction]:
    excl, incl = limit.excl_vat, limit.incl_vat
    if excl is None:
        excl = (incl or Fraction(0)) / ratio if ratio else Fraction(0)
    return excl, excl * ratio if incl is None else incl


def _tax_ratio(total: Amount, tariff: PricingTariff) -> Fraction:
    """Return the ratio of incl. VAT to excl. VAT, of the total before limits.

    If that total is 0, the ratio is that of the tariff's VAT rate, or 1 if it has several rates.
    """
    if total.excl_vat:
        return total.incl_vat / total.excl_vat
    rates = {component.vat for component in tariff.all_components()}
    rate = rates.pop() if len(rates) == 1 else None
    return Fraction(1) if rate is None else 1 + rate / 100
