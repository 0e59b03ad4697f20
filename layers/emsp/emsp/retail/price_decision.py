"""Decide what a driver pays for a CDR, once, by the plan in force when the charge began. Without I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, dump_json, objects_in, parse_json
from emsp.pricing.amounts import added_up, exact, plain, text, text_or_none
from emsp.pricing.check_claim import Check, Verdict
from emsp.pricing.notes import Code
from emsp.pricing.periods import Dimension
from emsp.pricing.price_session import price, price_again
from emsp.pricing.priced import Priced, without_price
from emsp.pricing.read_charge import Charge, lacks_times, read_charge
from emsp.pricing.read_tariff import word
from emsp.pricing.wh_for_kwh import least_energy
from emsp.retail.lines import LineKind, RetailAmount, RetailLine
from emsp.retail.own_tariff import OWN_TARIFF
from emsp.retail.plan import ChargeConnector, power_type_of
from emsp.retail.price import (
    CpoPrice,
    PlanInForce,
    Reason,
    money_json,
    no_price,
    reasons_json,
    reasons_of,
    retail_price,
)

NEGATIVE_CLAIM = Reason(
    "NEGATIVE_CLAIM", "the CPO claims a negative amount, and the CDR does not name a CDR that it credits"
)


class Basis(StrEnum):
    """Where the CPO's price, from which the driver's is computed, comes from."""

    TARIFF = "TARIFF"
    CLAIM = "CLAIM"
    """The claim of the CPO, because the tariff gives no price."""


@dataclass(frozen=True)
class Decision:
    """What a driver pays for a CDR.

    `basis_price` is the CPO's price excl. VAT from which it was computed, or None if that is unknown. `lines`
    are in their stored form. `claimed` is the CPO's claim excl. VAT.
    """

    plan: JsonObject
    basis: Basis
    basis_price: Fraction | None
    round_to: Fraction | None
    claimed: Fraction | None
    cost: RetailAmount | None
    lines: tuple[JsonValue, ...]
    reasons: tuple[JsonValue, ...]

    def as_json(self) -> JsonObject:
        """Return the decision as JSON for events."""
        return retail_json(self.plan, self.basis, self.lines, self.cost, self.margin, self.reasons)

    @property
    def margin(self) -> Fraction | None:
        return None if self.cost is None or self.claimed is None else self.cost.excl_vat - self.claimed

    def as_text(self) -> str:
        """Return the decision as text for the store."""
        kept = {name: text_or_none(getattr(self, name)) for name in ("basis_price", "round_to", "claimed")}
        return dump_json({**kept, "retail": self.as_json()})

    @classmethod
    def of_text(cls, kept: str) -> "Decision":
        """Return the decision that as_text wrote."""
        value = parse_json(kept)
        assert isinstance(value, dict)  # noqa: S101  # as_text wrote it
        retail = value["retail"]
        assert isinstance(retail, dict)  # noqa: S101
        plan, lines, reasons = retail["plan"], retail["lines"], retail["reasons"]
        return cls(
            as_object(plan),
            Basis(str(retail["basis"])),
            exact(value["basis_price"]),
            exact(value["round_to"]),
            exact(value["claimed"]),
            RetailAmount.read(retail["cost"]) if retail["cost"] else None,
            tuple(lines) if isinstance(lines, list) else (),
            tuple(reasons) if isinstance(reasons, list) else (),
        )

    def repriced(self, now: "Decision") -> "Decision":
        """Return the decision with the new price `now`.

        A line has the difference to the previous price. If `now` has no price, nothing changes.
        """
        if now.cost is None or now.cost == self.cost:
            return self
        before = self.cost or RetailAmount()
        change = RetailLine(LineKind.REPRICED, now.cost - before).as_json()
        return replace(now, lines=(*self.lines, change), plan=self.plan)


def retail_json(  # noqa: PLR0917  # one for each field
    plan: JsonObject,
    basis: Basis,
    lines: Sequence[JsonValue],
    cost: RetailAmount | None,
    margin: Fraction | None,
    reasons: Sequence[JsonValue],
) -> JsonObject:
    return {
        "plan": plan,
        "basis": basis.value,
        "lines": [*lines],
        "cost": money_json(cost),
        "margin": None if margin is None else {"excl_vat": text(margin)},
        "reasons": [*reasons],
    }


def decide(
    plan: PlanInForce, plug: ChargeConnector, cdr: JsonObject, checked: Check, time_zone: str | None
) -> Decision:
    """Decide what the driver pays for a CDR that is no credit CDR."""
    basis, amount, reasons = _basis(checked)
    currency = word(cdr.get("currency")).upper()

    # The check has already read the charge. It is read again only if its price is not certain, or if our own
    # tariff prices a time that no period states.
    reading, charge = checked.reading, checked.priced.charge if checked.priced.total is not None else None
    contradicted = next((each for each in checked.priced.reasons if each.code is Code.CONTRADICTED), None)

    def kwh() -> Fraction:
        if charge is not None:
            return energy_in(charge)
        least = least_energy(cdr) if contradicted else None
        return energy_of(reading.cdr, time_zone) if least is None else least

    def by_tariff(own: JsonObject, vat: Fraction) -> list[Priced]:
        if contradicted:
            return [without_price(contradicted)]
        by_clock = lacks_times(cdr) and prices_time(own)
        if charge is None or (by_clock and not charge.is_by_clock):
            read = cdr if reading.as_stated else reading.cdr
            return [by_own(read, own, vat, time_zone, by_clock=by_clock)]
        return [price_again(charge, own, plain(vat))]

    by_cpo = CpoPrice(amount, amount, amount, kwh, reasons)
    claim = checked.claim.total
    if claim is not None and claim.excl_vat < 0 and checked.verdict is Verdict.UNDERCHARGED:
        found = no_price(plan, NEGATIVE_CLAIM)
    else:
        found = retail_price(plan, plug, currency, by_cpo, by_tariff)
    return Decision(
        plan.reference,
        basis,
        amount,
        plan.round_to,
        claim.excl_vat if claim else None,
        found.cost,
        found.lines,
        tuple(reasons_json(found.reasons or (reasons if basis is Basis.CLAIM else ()))),
    )


def _basis(checked: Check) -> tuple[Basis, Fraction | None, tuple[Reason, ...]]:
    """Return where the CPO's price comes from, that price excl. VAT, and the reasons.

    It is the price by the published tariff, which the driver saw, or by the tariff in the CDR, or the claim.
    """
    claim, reasons = checked.claim.total, reasons_of(checked.priced)
    if checked.verdict is Verdict.CANNOT_TELL and claim is not None:
        return Basis.CLAIM, claim.excl_vat, reasons
    for priced in (checked.promised, checked.priced):
        if priced is not None and priced.total is not None:
            return Basis.TARIFF, priced.total.excl_vat, ()
    least, most = checked.priced.least, checked.priced.most
    if claim is None or least is None or most is None:
        return Basis.CLAIM, None, reasons
    # If the claim is outside of this range, it is wrong.
    return Basis.TARIFF, min(max(claim.excl_vat, least.excl_vat), most.excl_vat), ()


def by_own(
    charge: JsonObject, own: JsonObject, vat: Fraction, time_zone: str | None, *, by_clock: bool = False
) -> Priced:
    """Return the price of a CDR by our own tariff."""
    value: JsonObject = {**with_tariff(charge), "tariffs": [own]}
    return price(value, (), time_zone, plain(vat), by_clock=by_clock)


def prices_time(own: JsonObject) -> bool:
    """Whether our own tariff has a price for time."""
    return any(
        component.get("type") in (Dimension.TIME, Dimension.PARKING_TIME)
        for element in objects_in(own, "elements")
        for component in objects_in(element, "price_components")
    )


def with_tariff(charge: JsonObject) -> JsonObject:
    """Return the CDR or session with the id of our own tariff in each period."""
    periods = charge.get("charging_periods")
    if not isinstance(periods, list):
        return charge
    return {
        **charge,
        "charging_periods": [
            {**each, "tariff_id": OWN_TARIFF} if isinstance(each, dict) else each for each in periods
        ],
    }


def energy_of(charge: JsonObject, time_zone: str | None) -> Fraction:
    """Return the energy of the periods, in kWh."""
    return energy_in(read_charge(charge, time_zone))


def energy_in(charge: Charge) -> Fraction:
    return added_up(each.volume(Dimension.ENERGY) for each in charge.periods)


def plug_of(charge: JsonObject, power_type: str | None, power_kw: Fraction | None) -> ChargeConnector:
    """Return the connector of a CDR or session. `power_type` and `power_kw` come from the catalogue."""
    where = as_object(charge.get("cdr_location"))
    location_id = word(where.get("id")) or word(charge.get("location_id"))
    named = power_type or word(where.get("connector_power_type"))
    return ChargeConnector(
        cpo=f"{word(charge.get('country_code'))}*{word(charge.get('party_id'))}".upper(),
        location_id=location_id,
        power_type=power_type_of(named),
        power_w=None if power_kw is None else int(power_kw * 1000),
    )
