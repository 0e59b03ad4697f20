"""Stores a version of a price plan: `{"plan": {...}, "from"?}`. Returns its number, and from when it
applies.
"""

from typing import Any

from emsp.charges.plan_below_cost import BelowCost
from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.retail.put_price_plan import PutPricePlan
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.price_plans import PricePlans
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
put_price_plan = PutPricePlan(
    PricePlans(dynamodb, settings.price_plans_table, large_bodies),
    BelowCost(
        CatalogueTable(dynamodb, settings.locations_table, large_bodies),
        CatalogueTable(dynamodb, settings.tariffs_table, large_bodies),
        settings.gst_percent,
    ),
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(put_price_plan(payload_of(event)))
