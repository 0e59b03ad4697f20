"""Build PlanChoice from the settings of a function."""

from emsp.retail.plan_choice import PlanChoice
from emsp.settings import Settings
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PricePlans
from emsp.stores.table import LargeBodies


def plan_choice_of(settings: Settings, client: DynamoDBClient, large_bodies: LargeBodies) -> PlanChoice:
    """Return a PlanChoice that reads the tables of price plans and assignments."""
    return PlanChoice(
        PlanAssignments(client, settings.plan_assignments_table),
        PricePlans(client, settings.price_plans_table, large_bodies),
        settings.default_price_plan,
        settings.gst_percent,
    )
