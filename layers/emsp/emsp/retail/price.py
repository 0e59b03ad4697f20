"""Compute what a driver pays for a charge by a price plan. Without I/O."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import ZERO, Amount
from emsp.pricing.lines import Line
from emsp.pricing.priced import Priced
from emsp.retail.lines import LineKind, RetailAmount, RetailLine, with_rounding_line
from emsp.retail.own_tariff import OwnTariff
from emsp.retail.plan import ChargeConnector, CostPlus, PricePlan

_HOUR: Final = Fraction(3600)
_ONCE: Final = Fraction(1)
REASONS_AT_MOST: Final = 20


@dataclass(frozen=True)
class Reason:
    """Why there is no price, or what it is based on. `code` is that of a Note, or one of retail."""

    code: str
    message: str


@dataclass(frozen=True)
class CpoPrice:
    """The CPO's price excl. VAT, for cost_plus.

    If `total` is None, the price is between `least` and `most`, if these are known.
    """

    total: Fraction | None
    least: Fraction | None
    most: Fraction | None
    kwh: Callable[[], Fraction]
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, priced: Priced, kwh: Callable[[], Fraction]) -> "CpoPrice":
        return cls(
            excl_vat(priced.total),
            excl_vat(priced.least),
            excl_vat(priced.most),
            kwh,
            reasons_of(priced),
        )


def excl_vat(amount: Amount | None) -> Fraction | None:
    """Return the amount excl. VAT, or None if there is no amount."""
    return None if amount is None else amount.excl_vat


@dataclass(frozen=True)
class PlanInForce:
    """The version of a plan that applies to a charge. `default_vat` is its VAT rate, in percent, if the plan
    has none.
    """

    plan: PricePlan
    version: int
    default_vat: Fraction | None = None

    @property
    def reference(self) -> JsonObject:
        return {"id": self.plan.id, "version": self.version}

    @property
    def vat(self) -> Fraction:
        """The VAT of the plan in percent."""
        return self.default_vat or ZERO if self.plan.vat is None else Fraction(self.plan.vat)

    @property
    def round_to(self) -> Fraction | None:
        return None if self.plan.round_to is None else Fraction(self.plan.round_to)


@dataclass(frozen=True)
class RetailPrice:
    """What a driver pays. If `cost` is None, it is between `least` and `most`, or `reasons` say why it is
    unknown.
    """

    plan: PlanInForce
    cost: RetailAmount | None
    least: RetailAmount | None
    most: RetailAmount | None
    lines: tuple[JsonObject, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def as_json(self) -> JsonObject:
        return {
            "plan": self.plan.reference,
            "cost": money_json(self.cost),
            "least": money_json(self.least),
            "most": money_json(self.most),
            "lines": [*self.lines],
            "reasons": reasons_json(self.reasons),
        }


type _Quantity = tuple[Fraction, str, Fraction]
"""A quantity, its unit, and the price of a unit."""
type ByTariff = Callable[[JsonObject, Fraction], Sequence[Priced]]
"""Returns the prices of the charge by a tariff. The number is the VAT rate, in percent, without `vat`."""


def retail_price(
    plan: PlanInForce, plug: ChargeConnector, currency: str | None, by_cpo: CpoPrice, by: ByTariff
) -> RetailPrice:
    """Return what a driver pays for a charge.

    `currency` is None if it is unknown. `by` prices the charge by our own tariff.
    """
    if currency is not None and currency != plan.plan.currency:
        message = f"the charge is in {currency or 'no currency'}, plan {plan.plan.id} in {plan.plan.currency}"
        return no_price(plan, Reason("OTHER_CURRENCY", message))
    rule = plan.plan.rule_for(plug)
    if rule is None:
        return no_price(plan, Reason("NO_RULE", f"no rule of plan {plan.plan.id} matches the connector"))
    if rule.price.tariff is not None:
        return _by_own_tariff(plan, rule.price.tariff, by)
    assert rule.price.cost_plus is not None  # noqa: S101  # the plan's own rule
    return _cost_plus(plan, rule.price.cost_plus, by_cpo)


def no_price(plan: PlanInForce, reason: Reason) -> RetailPrice:
    return RetailPrice(plan, None, None, None, (), (reason,))


def _cost_plus(plan: PlanInForce, price: CostPlus, by_cpo: CpoPrice) -> RetailPrice:
    def money(cpo: Fraction | None) -> RetailAmount | None:
        return None if cpo is None else _total(plan, _cost_plus_lines(plan, price, cpo, by_cpo.kwh))

    lines = [] if by_cpo.total is None else _cost_plus_lines(plan, price, by_cpo.total, by_cpo.kwh)
    cost = money(by_cpo.total)
    return RetailPrice(
        plan,
        cost,
        money(by_cpo.least),
        money(by_cpo.most),
        tuple(with_rounding_line(lines, cost)) if cost else (),
        () if cost else by_cpo.reasons,
    )


def _cost_plus_lines(
    plan: PlanInForce, price: CostPlus, cpo: Fraction, energy: Callable[[], Fraction]
) -> list[RetailLine]:
    per_kwh, per_session = Fraction(price.per_kwh), Fraction(price.per_session)
    lines = [_line(plan, LineKind.CHARGE, cpo * (1 + Fraction(price.percent) / 100))]
    if per_kwh:
        kwh = energy()
        lines.append(_line(plan, LineKind.PER_KWH, per_kwh * kwh, (kwh, "kWh", per_kwh)))
    if per_session:
        lines.append(_line(plan, LineKind.PER_SESSION, per_session, (_ONCE, "once", per_session)))
    total = sum((line.money.excl_vat for line in lines), ZERO)
    if total < price.at_least:
        lines.append(_line(plan, LineKind.MINIMUM, Fraction(price.at_least) - total))
    if price.at_most is not None and total > price.at_most:
        lines.append(_line(plan, LineKind.MAXIMUM, Fraction(price.at_most) - total))
    return lines


def _line(plan: PlanInForce, kind: LineKind, excl_vat: Fraction, each: _Quantity | None = None) -> RetailLine:
    money = RetailAmount.of(excl_vat, excl_vat * plan.vat / 100)
    return RetailLine(kind, money, plan.vat, *(each or (None, None, None)))


def _total(plan: PlanInForce, lines: Iterable[RetailLine]) -> RetailAmount:
    listed = list(lines)
    excl_vat = sum((line.money.excl_vat for line in listed), ZERO)
    return RetailAmount.of(excl_vat, sum((line.money.vat for line in listed), ZERO), plan.round_to)


def _by_own_tariff(plan: PlanInForce, tariff: OwnTariff, by: ByTariff) -> RetailPrice:
    [priced] = by(tariff.as_ocpi(plan.plan.currency), plan.vat)
    cost = _money(plan, priced.total)
    lines = _engine_lines(plan, priced) if cost else []
    return RetailPrice(
        plan,
        cost,
        _money(plan, priced.least),
        _money(plan, priced.most),
        tuple(with_rounding_line(lines, cost)) if cost else (),
        () if cost else reasons_of(priced),
    )


def _money(plan: PlanInForce, amount: Amount | None) -> RetailAmount | None:
    if amount is None:
        return None
    return RetailAmount.of(amount.excl_vat, amount.incl_vat - amount.excl_vat, plan.round_to)


def _engine_lines(plan: PlanInForce, priced: Priced) -> list[RetailLine]:
    """Return one line for each price that was used, because a charge may have thousands of periods."""
    groups: dict[tuple[LineKind, Fraction, Fraction | None], list[Line]] = {}
    for line in priced.lines:
        component = line.use.price.component
        groups.setdefault((LineKind(line.use.dimension.value), component.each, component.vat), []).append(
            line
        )
    lines = [_of_group(*key, group) for key, group in groups.items()]
    for limit in priced.limits:
        change = limit.after - limit.before
        kind = LineKind.MINIMUM if limit.name == "min_price" else LineKind.MAXIMUM
        rates = {line.vat_percent for line in lines}
        rate = (rates.pop() if rates else plan.vat) if len(rates) < 2 else None
        lines.append(
            RetailLine(kind, RetailAmount.of(change.excl_vat, change.incl_vat - change.excl_vat), rate)
        )
    return lines


def _of_group(kind: LineKind, price: Fraction, vat: Fraction | None, group: Sequence[Line]) -> RetailLine:
    excl_vat = sum((each.amount.excl_vat for each in group), ZERO)
    incl_vat = sum((each.amount.incl_vat for each in group), ZERO)
    quantity = sum((each.use.quantity + each.surplus for each in group), ZERO)
    in_kwh = kind is LineKind.ENERGY
    if not in_kwh and kind is not LineKind.FLAT:
        quantity /= _HOUR
    unit = "kWh" if in_kwh else "once" if kind is LineKind.FLAT else "h"
    return RetailLine(
        kind, RetailAmount.of(excl_vat, incl_vat - excl_vat), vat or ZERO, quantity, unit, price
    )


def reasons_of(priced: Priced) -> tuple[Reason, ...]:
    return tuple(Reason(each.code.value, each.message) for each in priced.reasons[:REASONS_AT_MOST])


def reasons_json(reasons: Iterable[Reason]) -> list[JsonValue]:
    return [{"code": each.code, "message": each.message} for each in reasons]


def money_json(money: RetailAmount | None) -> JsonValue:
    return None if money is None else money.as_json()
