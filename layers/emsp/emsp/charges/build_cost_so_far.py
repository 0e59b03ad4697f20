"""Build CostSoFar from the settings of a function."""

from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.cached_pricing_context import CachedPricingContext
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.plan_of_session import PlanOfSession
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings


def cost_so_far_of(settings: Settings, *, cached: bool = False) -> CostSoFar:
    """Return a CostSoFar that also computes what the driver pays.

    If `cached`, it caches the pricing context of sessions for some minutes.
    """
    pricing_context = pricing_context_by(settings)
    return CostSoFar(
        CachedPricingContext(pricing_context) if cached else pricing_context,
        settings.gst_percent,
        PlanOfSession(plan_choice_of(settings), settings.our_party),
    )
