"""Price a charge at each connector of some locations: the CPO's price, and the driver's by a plan."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from emsp.catalogue.plugs import evses_of, power_w
from emsp.catalogue.question import Question
from emsp.charges.estimate import Estimate, estimate
from emsp.charges.hypothetical import ExpectedCharge
from emsp.charges.retail_estimate import retail_estimate
from emsp.charges.surroundings import zone_of
from emsp.invocation import InvalidInvocation
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, objects_in, parse_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.pricing.amounts import exact
from emsp.pricing.read_tariff import word
from emsp.pricing.rules import PricingRules
from emsp.pricing.tariff_choice import Candidate
from emsp.retail.get_price_plan import unknown_plan
from emsp.retail.plan import ChargeConnector, power_type_of
from emsp.retail.price import PlanInForce
from emsp.retail.whose_plan import WhosePlan
from emsp.stores.catalogue_table import CatalogueTable

CONNECTORS_AT_MOST: Final = 1000
"""How many connectors are priced in one answer: those of the nearest locations."""


@dataclass(frozen=True)
class PriceConnectors:
    """The use case. `rules` contain the VAT rate for tariffs that state none."""

    tariffs: CatalogueTable
    rules: PricingRules
    whose_plan: WhosePlan
    our_party: PartyId
    now: Callable[[], datetime]

    def __call__(self, locations: Sequence[JsonObject], question: Question) -> None:
        """Adds `currency`, `cost` (null where it is from `least` to `most`), and `retail` where there is a
        plan. A connector whose power is not known has none of them where the price depends on it. Raises
        InvalidInvocation for a plan that is not there, and StoreUnavailable.
        """
        assert question.estimate is not None  # noqa: S101  # who calls it has looked
        now = self.now().astimezone(UTC)
        minutes = question.estimate.minutes
        expected = ExpectedCharge(
            start=now,
            energy=exact(question.estimate.energy_kwh),
            charging=None if minutes is None else timedelta(minutes=minutes),
        )
        plan = self._plan(question, canonical_datetime(now))
        places = [*places_in(locations)][:CONNECTORS_AT_MOST]
        keys = {key for location, connector in places for key in tariff_keys(location, connector)}
        tariffs = {
            key: value
            for key, each in self.tariffs.read_many(sorted(keys)).items()
            if each.removed_at is None and isinstance(value := parse_json(each.text), dict)
        }
        known: dict[tuple[object, ...], Estimate | None] = {}
        for location, connector in places:
            theirs = [tariffs[key] for key in tariff_keys(location, connector) if key in tariffs]
            zone = zone_of(location, location, [])
            about = (zone, power_w(connector), *(id(each) for each in theirs))
            if about not in known:
                known[about] = estimate_by_valid(expected, theirs, zone, self.rules, power_w(connector))
            by_cpo = known[about]
            if by_cpo is not None:
                _tell(connector, by_cpo)
            if by_cpo is not None and plan is not None:
                _tell_retail(connector, plan, plug_at(location, connector), expected, by_cpo)

    def _plan(self, question: Question, moment: str) -> PlanInForce | None:
        if question.plan_id is not None:
            plan = self.whose_plan.named(question.plan_id, moment)
            if plan is None:
                raise InvalidInvocation(unknown_plan(self.whose_plan.plans, question.plan_id, moment))
            return plan
        if question.token_uid is not None:
            ours = self.our_party
            token_key = object_key(ours.country_code, ours.party_id, question.token_uid)
            return self.whose_plan.of_token(token_key, moment)
        default = self.whose_plan.default_plan
        return self.whose_plan.named(default, moment) if default else None


def estimate_by_valid(
    expected: ExpectedCharge,
    tariffs: Sequence[JsonObject],
    zone: str | None,
    rules: PricingRules,
    power: int | None,
) -> Estimate | None:
    """By those of the tariffs that are valid then. None where it depends on the power, which is unknown."""
    candidates = [Candidate(each, rules) for each in tariffs]
    valid = [each.value for each in candidates if each.is_for_roaming() and each.is_valid_at(expected.start)]
    try:
        return estimate(expected, valid, zone, rules, power_w=power)
    except InvalidInvocation:
        return None


def _tell(connector: JsonObject, by_cpo: Estimate) -> None:
    only = by_cpo.only.total if by_cpo.only else None
    connector["currency"] = by_cpo.currency
    for name, amount in (("cost", only), ("least", by_cpo.least), ("most", by_cpo.most)):
        connector[name] = amount.as_json() if amount else None


def _tell_retail(
    connector: JsonObject,
    plan: PlanInForce,
    plug: ChargeConnector,
    expected: ExpectedCharge,
    by_cpo: Estimate,
) -> None:
    try:
        connector["retail"] = retail_estimate(plan, plug, expected, by_cpo).as_json()
    except InvalidInvocation:  # our tariff needs the power, which is not known
        return


def places_in(locations: Sequence[JsonObject]) -> Iterator[tuple[JsonObject, JsonObject]]:
    for location in locations:
        for evse in evses_of(location):
            for connector in objects_in(evse, "connectors"):
                yield location, connector


def tariff_keys(location: JsonObject, connector: JsonObject) -> list[str]:
    country_code, party_id = word(location.get("country_code")), word(location.get("party_id"))
    ids = connector.get("tariff_ids")
    named = dict.fromkeys(word(each) for each in (ids if isinstance(ids, list) else ()))
    return [object_key(country_code, party_id, each) for each in named if each and country_code and party_id]


def plug_at(location: JsonObject, connector: JsonObject) -> ChargeConnector:
    cpo = f"{word(location.get('country_code'))}*{word(location.get('party_id'))}".upper()
    kind = power_type_of(word(connector.get("power_type")))
    return ChargeConnector(cpo, word(location.get("id")), kind, power_w(connector))
