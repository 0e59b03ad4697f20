"""Estimate what a driver will pay, by the CPO's estimate or by our own tariff. Without I/O."""

from dataclasses import replace
from fractions import Fraction

from emsp.charges.estimate import Estimate, estimate
from emsp.charges.expected_charge import ExpectedCharge
from emsp.ocpi.json_text import JsonObject
from emsp.pricing.amounts import ZERO, plain
from emsp.pricing.priced import Priced
from emsp.retail.plan import ChargeConnector
from emsp.retail.price import CpoPrice, PlanInForce, Reason, RetailPrice, excl_vat, retail_price


def retail_estimate(
    plan: PlanInForce, plug: ChargeConnector, expected: ExpectedCharge, by_cpo: Estimate
) -> RetailPrice:
    """Return what the driver will pay for `expected`.

    Raises InvalidInvocation if our own tariff needs values that the driver did not state.
    """
    kwh = by_cpo.expected.energy or ZERO

    def by_own(own: JsonObject, vat: Fraction) -> list[Priced]:
        found = estimate(expected, [own], by_cpo.time_zone, plain(vat), power_w=plug.power_w)
        return [*found.priced]

    only = by_cpo.only
    cpo = CpoPrice(
        excl_vat(only.total if only else None),
        excl_vat(by_cpo.least),
        excl_vat(by_cpo.most),
        lambda: kwh,
        tuple(Reason(each.code.value, each.message) for each in by_cpo.findings),
    )
    found = retail_price(plan, plug, by_cpo.currency, cpo, by_own)
    return found if found.cost is None else replace(found, reasons=())
