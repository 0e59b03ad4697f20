"""The findings of a check. Each has a fixed code, a message for the CPO, and an amount if it is about
money.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject, objects_in
from emsp.pricing.amounts import ZERO, added_up, exact, text
from emsp.pricing.claims import Claim
from emsp.pricing.lines import Part
from emsp.pricing.notes import Code
from emsp.pricing.priced import Priced
from emsp.pricing.read_tariff import word

ASSUMPTIONS: Final = {
    Code.TARIFF_ASSUMED,
    Code.NO_PERIODS,
    Code.ENERGY_NOT_DIVIDED,
    Code.TIME_BY_CLOCK,
    Code.ENERGY_FED_BACK,
    Code.TOTAL_TIME_IN_SECONDS,
    Code.VAT_ASSUMED,
    Code.VAT_IS_SHARE,
    Code.LIMIT_VAT_ASSUMED,
    Code.NO_PARKING_TIME,
    Code.TIME_ZONE_ASSUMED,
    Code.TARIFF_SEEN_LATER,
}
_KWH: Final = Fraction(1, 100)


@dataclass(frozen=True)
class Finding:
    """One finding. `amount` is the claimed less the computed amount, without VAT."""

    code: str
    message: str
    amount: Fraction | None = None

    def as_json(self) -> JsonObject:
        answered: JsonObject = {"code": self.code, "message": self.message}
        return answered if self.amount is None else {**answered, "amount": text(self.amount)}


def found_in(cdr: JsonObject, claim: Claim, priced: Priced, tolerance: Fraction) -> tuple[Finding, ...]:
    """Return all findings of a CDR. Findings with an amount come first."""
    found = [*_money(claim, priced, tolerance), *_nothing(cdr, claim), *_itself(cdr, claim, tolerance)]
    found += [Finding(note.code.value, note.message) for note in priced.reasons]
    found += [Finding(note.code.value, note.message) for note in priced.notes if note.code not in ASSUMPTIONS]
    return tuple(dict.fromkeys(found))


def not_as_published(priced: Priced, published: Priced, tolerance: Fraction) -> tuple[Finding, ...]:
    """Return a finding if the tariff in the CDR gives another price than the tariff published at the
    start.
    """
    if published.total is None or priced.total is None:
        return ()
    # Without VAT, because one of the tariffs may have no `vat`.
    apart = priced.total.excl_vat - published.total.excl_vat
    if abs(apart) <= tolerance:
        return ()
    own, seen = text(priced.total.excl_vat, 2), text(published.total.excl_vat, 2)
    message = f"the tariff in the CDR gives {own}, the tariff published at the start {seen}, excl. VAT"
    return (Finding("TARIFF_NOT_AS_PUBLISHED", message, apart),)


def _money(claim: Claim, priced: Priced, tolerance: Fraction) -> Iterator[Finding]:
    """Yield a finding for each part of the cost that differs.

    FLAT and parking are compared as one part, because some CPOs count a FLAT as parking.
    """
    if not priced.parts or priced.total is None:
        return
    together = [{part} for part in Part]
    if priced.parts[Part.FIXED].excl_vat and (
        Part.PARKING in claim.parts or priced.parts[Part.PARKING].excl_vat
    ):
        together = [{Part.FIXED, Part.PARKING}, {Part.ENERGY}, {Part.TIME}, {Part.RESERVATION}]
    for parts in together:
        claimed = [claim.parts[part] for part in parts if part in claim.parts]
        if not claimed:
            continue
        # Parts are compared without VAT, because no tax is computed for a part.
        excl = sum((each.excl_vat for each in claimed), ZERO)
        apart = abs(excl) - sum((priced.parts[part].excl_vat for part in parts), ZERO)
        if abs(apart) > tolerance:
            names = " and ".join(sorted(part.value for part in parts))
            message = (
                f"{names}: {text(excl, 2)} claimed, {text(abs(excl) - apart, 2)} by the tariff, excl. VAT"
            )
            yield Finding("PART_DIFFERS", message, apart)


def _nothing(cdr: JsonObject, claim: Claim) -> Iterator[Finding]:
    energy = exact(cdr.get("total_energy"))
    if claim.total is None:
        yield Finding("INVALID_CLAIM", "total_cost has no readable excl_vat")
    elif not claim.total.decisive and energy:
        yield Finding("CHARGED_NOTHING", f"nothing is claimed for {text(energy, 3)} kWh")
    elif claim.total.incl_vat is None:
        yield Finding("NO_INCL_VAT", "total_cost has no incl_vat: only excl_vat is compared")


def _itself(cdr: JsonObject, claim: Claim, tolerance: Fraction) -> Iterator[Finding]:
    """Yield a finding for each contradiction between two fields of the CDR."""
    if claim.parts and claim.total is not None and set(claim.parts) >= {Part.ENERGY, Part.FIXED, Part.TIME}:
        total = sum((each.excl_vat for each in claim.parts.values()), ZERO)
        if abs(abs(total) - abs(claim.total.excl_vat)) > tolerance * len(claim.parts):
            message = f"the parts add up to {text(total, 2)}, total_cost is {text(claim.total.excl_vat, 2)}"
            yield Finding("PARTS_DO_NOT_ADD_UP", message)
    measured, energy = _energy(cdr), exact(cdr.get("total_energy"))
    if measured is not None and energy is not None and abs(measured - energy) > _KWH:
        message = f"total_energy is {text(energy, 3)} kWh, the periods have {text(measured, 3)}"
        yield Finding("ENERGY_DIFFERS", message)


def _energy(cdr: JsonObject) -> Fraction | None:
    volumes = [
        exact(each.get("volume")) or ZERO
        for period in objects_in(cdr, "charging_periods")
        for each in objects_in(period, "dimensions")
        if word(each.get("type")).upper() == "ENERGY"
    ]
    return added_up(volumes) if volumes else None
