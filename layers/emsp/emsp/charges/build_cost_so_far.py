"""Build CostSoFar from the settings of a function."""

from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.plan_of_session import PlanOfSession
from emsp.pricing.rules import PricingRules
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import LargeBodies


def cost_so_far_of(settings: Settings, client: DynamoDBClient, large_bodies: LargeBodies) -> CostSoFar:
    """Return a CostSoFar that also computes what the driver pays."""
    return CostSoFar(
        pricing_context_by(settings, client, large_bodies),
        PricingRules(vat_when_absent=settings.gst_percent),
        PlanOfSession(
            plan_choice_of(settings, client, large_bodies),
            settings.our_party,
        ),
    )
