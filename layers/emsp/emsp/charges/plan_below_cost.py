"""Count the connectors at which a price plan is cheaper for the driver than the CPO is for us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from emsp.catalogue.connector_groups import power_w
from emsp.charges.connectors_of_locations import estimate_by_valid, places_in, plug_at, tariff_keys
from emsp.charges.estimate import Estimate
from emsp.charges.expected_charge import ExpectedCharge
from emsp.charges.pricing_context import zone_of
from emsp.charges.retail_estimate import retail_estimate
from emsp.deadline import Deadline
from emsp.invocation import InvalidInvocation
from emsp.log import log
from emsp.ocpi.json_text import JsonObject, parse_json
from emsp.retail.plan import ChargeConnector, PricePlan
from emsp.retail.price import PlanInForce
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import StoreUnavailable

COMPARED_FOR_S: Final = 80.0
"""The longest time for the comparison, in seconds. The answer states how many connectors were compared."""
CHARACTERS_AT_MOST: Final = 60_000_000
"""The largest number of characters of all tariffs together. All of them are in memory."""
WORK_AT_MOST: Final = 20_000
"""The limit of the work (periods times elements) for one estimate."""
CHARGES: Final = ((5, 0, 0), (20, 0, 8), (40, 60, 16))
"""A short, a usual and a long charge: kWh, minutes of parking after it, and hours from the start of the
plan.
"""
USUAL_TIME: Final = timedelta(hours=1)
"""The duration of a charge at a connector whose power is unknown."""


@dataclass(frozen=True)
class BelowCost:
    """Compares a plan with the catalogue. `gst_percent` is the VAT of tariffs that state none."""

    locations: CatalogueTable
    tariffs: CatalogueTable
    gst_percent: Decimal | None

    def __call__(self, plan: PricePlan, start: datetime) -> JsonObject:
        """Return `{"below_cost", "compared_connectors", "all_compared"}`.

        If the catalogue can't be read, `below_cost` is None, so that the plan can be stored without it.
        """
        try:
            return self._compared(PlanInForce(plan, 0), start, Deadline.after(COMPARED_FOR_S))
        except StoreUnavailable as error:
            log.warning("a plan is stored without a comparison with the catalogue", problem=str(error))
            return {"below_cost": None, "compared_connectors": 0, "all_compared": False}

    def _compared(self, plan: PlanInForce, start: datetime, deadline: Deadline) -> JsonObject:
        known: dict[tuple[object, ...], bool | None] = {}
        found = {True: 0, False: 0}
        is_all = True
        texts: dict[str, str] = {}
        left = CHARACTERS_AT_MOST
        for key, text in self.tariffs.scan_texts():
            left -= len(text)
            if left < 0:
                is_all = False
                break
            texts[key] = text
        for _, text in self.locations.scan_texts():
            if not deadline.remaining():
                is_all = False
                break
            location = parse_json(text)
            for place, connector in places_in([location] if isinstance(location, dict) else []):
                if not deadline.remaining():
                    is_all = False
                    break
                plug, zone = plug_at(place, connector), zone_of(place, place, [])
                keys = [key for key in tariff_keys(place, connector) if key in texts]
                about = (id(plan.plan.rule_for(plug)), zone, power_w(connector), *keys)
                if about not in known:
                    tariffs = [each for key in keys if isinstance(each := parse_json(texts[key]), dict)]
                    known[about] = self._is_below(plan, plug, tariffs, zone, start)
                is_below = known[about]
                if is_below is not None:
                    found[is_below] += 1
        return {
            "below_cost": found[True],
            "compared_connectors": found[True] + found[False],
            "all_compared": is_all,
        }

    def _is_below(
        self,
        plan: PlanInForce,
        plug: ChargeConnector,
        tariffs: Sequence[JsonObject],
        zone: str | None,
        start: datetime,
    ) -> bool | None:
        """Whether the driver pays less than we do at this connector.

        Return None if the plan or the CPO has no price there.
        """
        is_below: bool | None = None
        for kwh, parking, hours in CHARGES:
            expected = ExpectedCharge(
                start.astimezone(UTC) + timedelta(hours=hours),
                Fraction(kwh),
                None if plug.power_w else USUAL_TIME,
                timedelta(minutes=parking),
            )
            by_cpo = estimate_by_valid(
                expected, tariffs, zone, self.gst_percent, power=plug.power_w, work_at_most=WORK_AT_MOST
            )
            for cost, price in _pairs(plan, plug, expected, by_cpo) if by_cpo else ():
                if price < cost:
                    return True
                is_below = False
        return is_below


def _pairs(
    plan: PlanInForce, plug: ChargeConnector, expected: ExpectedCharge, by_cpo: Estimate
) -> list[tuple[Fraction, Fraction]]:
    """Return pairs of the CPO's price and the driver's price, without VAT: one of the lowest, one of the
    highest.
    """
    try:
        retail = retail_estimate(plan, plug, expected, by_cpo)
    except InvalidInvocation:  # our own tariff needs the power, and it is unknown
        return []
    both = ((by_cpo.least, retail.cost or retail.least), (by_cpo.most, retail.cost or retail.most))
    return [(cost.excl_vat, price.excl_vat) for cost, price in both if cost and price]
