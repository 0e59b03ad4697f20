"""Compute what a driver pays for a charge after the credits of its CPO. Without I/O.

The basis price is the CPO's price from which the driver's price was computed. If the claim was higher than
it, credits first reverse this excess. The driver pays the share min(1, (claim - credits) / min(claim, basis
price)) of the price.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from emsp.ocpi.json_text import JsonObject, JsonValue, as_object
from emsp.pricing.amounts import ZERO, exact
from emsp.pricing.net_to_pay import Left, Net
from emsp.retail.lines import (
    LineKind,
    RetailAmount,
    RetailLine,
    as_written,
    total_of,
    with_rounding_line,
)
from emsp.retail.price import Reason, reasons_json
from emsp.retail.price_decision import Decision, retail_json
from emsp.retail.rounding import rounded

_ONE = Fraction(1)


@dataclass(frozen=True)
class NetPrice:
    """What the driver pays for a CDR after its credits. `credit` has the lines of the credits."""

    decision: Decision
    cost: RetailAmount | None
    credit: tuple[JsonValue, ...] = ()


def share_left(left: Left, basis_price: Fraction | None) -> Fraction:
    """Return the share of the driver's price that remains after the credits, from 0 to 1."""
    if not left.is_credited:
        return _ONE
    claim, rest = left.claimed.excl_vat, left.left.excl_vat
    whole = claim if basis_price is None else min(claim, basis_price)
    if rest <= 0:
        return ZERO
    return _ONE if whole <= 0 else min(_ONE, rest / whole)


def net_price(decision: Decision, left: Left) -> NetPrice:
    share = share_left(left, decision.basis_price)
    if decision.cost is None or share == 1:
        return NetPrice(decision, decision.cost)
    return NetPrice(decision, net_cost(decision, share), tuple(credit_lines(decision, _ONE, share)))


def net_cost(decision: Decision, share: Fraction) -> RetailAmount:
    """Return this share of the driver's price, rounded as the plan defines."""
    cost = decision.cost or RetailAmount()
    if share == 1:
        return cost
    return RetailAmount(
        cost.excl_vat * share, cost.vat * share, rounded(cost.incl_vat * share, decision.round_to)
    )


def credit_lines(decision: Decision, since: Fraction, until: Fraction) -> list[JsonObject]:
    """Return the lines of a credit that reduces the share of the price from `since` to `until`."""
    change = as_written(net_cost(decision, until)) - as_written(net_cost(decision, since))
    part = until - since
    taken_back = [
        RetailLine(LineKind.CREDIT, RetailAmount.of(money.excl_vat * part, money.vat * part), vat)
        for vat, money in by_rate(decision.lines).items()
        if part and (money.excl_vat or money.vat)
    ]
    return with_rounding_line(taken_back, change)


def net_retail(decisions: Mapping[str, Decision], net: Net) -> JsonObject | None:
    """Return the net price of a charge in the form of find_charges, or None if it has no price.

    `decisions` are by CDR key, in the order in which the CDRs ended.
    """
    if not decisions:
        return None
    reasons: list[JsonValue] = [each for decision in decisions.values() for each in decision.reasons]
    claimed: Fraction | None = ZERO
    found: list[NetPrice] = []
    counts = next(iter(decisions.values()))
    for key, decision in decisions.items():
        left = net.left.get(key)
        if left is None:
            found.append(NetPrice(decision, None))
            claimed = None
            reasons += reasons_json(
                [Reason("NET_NOT_KNOWN", f"the amount of CDR {key} after its credits is unknown")]
            )
            continue
        found.append(net_price(decision, left))
        claimed = None if claimed is None else claimed + left.left.excl_vat
        if not left.is_undone:
            counts = decision
    # Each CDR is rounded separately, as its lines are.
    known = [as_written(each.cost) for each in found if each.cost is not None]
    cost = sum(known, RetailAmount()) if len(known) == len(found) else None
    return retail_json(
        counts.plan,
        counts.basis,
        [line for each in found for line in (*each.decision.lines, *each.credit)] if cost else [],
        cost,
        cost.excl_vat - claimed if cost is not None and claimed is not None else None,
        [each for number, each in enumerate(reasons) if each not in reasons[:number]],
    )


def by_rate(lines: tuple[JsonValue, ...]) -> dict[Fraction | None, RetailAmount]:
    """Return the sums of the lines by VAT rate in percent."""
    groups: dict[Fraction | None, list[JsonValue]] = {}
    for line in lines:
        rate = exact(as_object(line).get("vat_percent"))
        groups.setdefault(rate, []).append(line)
    return {rate: total_of(group) for rate, group in groups.items()}
