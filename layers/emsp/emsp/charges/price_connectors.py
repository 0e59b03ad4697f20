"""Price a charge at each connector of some locations: what the CPO asks, and what the driver pays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched
from typing import Final

from emsp.catalogue.connector_groups import power_w
from emsp.catalogue.find_locations_request import FindLocationsRequest
from emsp.charges.connectors_of_locations import (
    elements_in,
    estimate_by_valid,
    places_in,
    plug_at,
    tariff_keys,
)
from emsp.charges.estimate import Estimate
from emsp.charges.expected_charge import ExpectedCharge
from emsp.charges.pricing_context import zone_of
from emsp.charges.retail_estimate import retail_estimate
from emsp.invocation import InvalidInvocation
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, parse_json
from emsp.ocpi.parties import PartyId
from emsp.pricing.amounts import exact
from emsp.retail.plan import ChargeConnector
from emsp.retail.plan_choice import PlanChoice
from emsp.retail.price import PlanInForce
from emsp.stores.catalogue_table import CatalogueTable

CONNECTORS_AT_MOST: Final = 1000
"""The largest number of connectors with a price in an answer. The nearest locations come first."""
CHARACTERS_AT_MOST: Final = 4_000_000
"""The largest number of characters of all tariffs for an answer. Connectors beyond it have no price."""
KEYS_AT_ONCE: Final = 25
WORK_AT_MOST: Final = 400_000
"""The limit of the work (periods times elements) for an answer: about 4 s of CPU time. A usual estimate needs
100.
"""
WORK_OF_A_LOCATION: Final = 20_000


@dataclass(frozen=True)
class PriceConnectors:
    """Adds prices to the connectors of locations. `gst_percent` is the VAT of tariffs without one."""

    tariffs: CatalogueTable
    gst_percent: Decimal | None
    plan_choice: PlanChoice
    our_party: PartyId
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, locations: Sequence[JsonObject], question: FindLocationsRequest) -> None:
        """Add its price to each connector: `currency`, `cost` (null if it is a range), `least`, `most` and
        `retail`.

        `retail` is added if there is a price plan. If the price depends on the connector's power, and the
        power is unknown, nothing is added. Raises InvalidInvocation for an unknown plan, and
        StoreUnavailable.
        """
        assert question.estimate is not None  # noqa: S101  # the caller has checked this
        now = self.now().astimezone(UTC)
        minutes = question.estimate.minutes
        expected = ExpectedCharge(
            start=now,
            energy=exact(question.estimate.energy_kwh),
            charging=None if minutes is None else timedelta(minutes=minutes),
        )
        plan = self._plan(question, canonical_datetime(now))
        places = [*places_in(locations)][:CONNECTORS_AT_MOST]
        tariffs = self._tariffs(places)
        left = WORK_AT_MOST
        left_of: dict[int, int] = {}
        known: dict[tuple[object, ...], Estimate | None] = {}
        for location, connector in places:
            theirs = [tariffs[key] for key in tariff_keys(location, connector) if key in tariffs]
            zone = zone_of(location, location, [])
            about = (zone, power_w(connector), *(id(each) for each in theirs))
            work = min(left, left_of.get(id(location), WORK_OF_A_LOCATION))
            if about not in known and work > 0:
                power = power_w(connector)
                found = estimate_by_valid(
                    expected, theirs, zone, self.gst_percent, power=power, work_at_most=work
                )
                known[about] = found
                spent = found.work if found else sum(map(elements_in, theirs))
                left, left_of[id(location)] = left - spent, work - spent
            by_cpo = known.get(about)
            if by_cpo is not None:
                _add_price(connector, by_cpo)
            if by_cpo is not None and plan is not None:
                _add_retail_price(connector, plan, plug_at(location, connector), expected, by_cpo)

    def _tariffs(self, places: Sequence[tuple[JsonObject, JsonObject]]) -> dict[str, JsonObject]:
        """Return the tariffs of the nearest connectors, by key."""
        keys = dict.fromkeys(
            key for location, connector in places for key in tariff_keys(location, connector)
        )
        found: dict[str, JsonObject] = {}
        characters = 0
        for some in batched(keys, KEYS_AT_ONCE, strict=False):
            for key, each in self.tariffs.read_many(some).items():
                characters += len(each.text)
                if characters > CHARACTERS_AT_MOST:
                    return found
                if each.removed_at is None and isinstance(value := parse_json(each.text), dict):
                    found[key] = value
        return found

    def _plan(self, question: FindLocationsRequest, moment: str) -> PlanInForce | None:
        default = self.plan_choice.default_plan
        if question.plan_id is None and question.token_uid is None:
            return self.plan_choice.named(default, moment) if default else None
        token_key = self.our_party.key_of(question.token_uid) if question.token_uid is not None else None
        return self.plan_choice.requested(question.plan_id, token_key, moment)


def _add_price(connector: JsonObject, by_cpo: Estimate) -> None:
    only = by_cpo.only.total if by_cpo.only else None
    connector["currency"] = by_cpo.currency
    for name, amount in (("cost", only), ("least", by_cpo.least), ("most", by_cpo.most)):
        connector[name] = amount.as_json() if amount else None


def _add_retail_price(
    connector: JsonObject,
    plan: PlanInForce,
    plug: ChargeConnector,
    expected: ExpectedCharge,
    by_cpo: Estimate,
) -> None:
    try:
        connector["retail"] = retail_estimate(plan, plug, expected, by_cpo).as_json()
    except InvalidInvocation:  # our tariff needs the power, which is unknown
        return
