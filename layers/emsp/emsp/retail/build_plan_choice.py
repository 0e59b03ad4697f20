"""Build PlanChoice from the settings of a function."""

from emsp.retail.plan_choice import PlanChoice
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PricePlans
from emsp.stores.table import LargeBodies


def plan_choice_of(settings: Settings) -> PlanChoice:
    """Return a PlanChoice that reads the tables of price plans and assignments."""
    large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
    return PlanChoice(
        PlanAssignments(dynamodb_client(), settings.plan_assignments_table),
        PricePlans(dynamodb_client(), settings.price_plans_table, large_bodies),
        settings.default_price_plan,
        settings.gst_percent,
    )
