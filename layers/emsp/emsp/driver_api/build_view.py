"""Build Viewing, which all routes of charges use, from a function's settings."""

import time
from functools import cache

from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.cached_pricing_context import CachedPricingContext
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.gather_charge import GatherCharge
from emsp.charges.plan_of_session import PlanOfSession
from emsp.driver_api.charge_answer import Viewing
from emsp.driver_api.charge_view import ViewCharge
from emsp.driver_api.own_charges import OwnCharges
from emsp.pricing.rules import PricingRules
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.commands import CommandStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies


@cache
def viewing(settings: Settings) -> Viewing:
    """Return the same object for all areas, because it caches the pricing context of charges."""
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    gather = GatherCharge(
        SessionStore(dynamodb, settings.sessions_table, large_bodies),
        CdrStore(dynamodb, settings.cdrs_table, large_bodies),
        CommandStore(dynamodb, settings.commands_table, settings.control_table),
    )
    known = CachedPricingContext(pricing_context_by(settings, dynamodb, large_bodies), time.monotonic)
    our_party = settings.our_party
    plan_of = PlanOfSession(plan_choice_of(settings, dynamodb, large_bodies), our_party)
    cost = CostSoFar(known, PricingRules(vat_when_absent=settings.gst_percent), plan_of)
    return Viewing(OwnCharges(gather), ViewCharge(known, cost), settings.driver_api_url)
