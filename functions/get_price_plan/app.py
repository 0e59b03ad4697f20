"""Returns a price plan: `{"plan_id", "at"?}`. The answer has the version at that time, and the later
versions.
"""

from datetime import UTC, datetime
from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.retail.get_price_plan import get_price_plan
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.price_plans import PricePlans
from emsp.stores.table import LargeBodies

settings = Settings()
plans = PricePlans(
    dynamodb_client(), settings.price_plans_table, LargeBodies(settings.large_bodies_bucket, s3_client)
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(get_price_plan(plans, payload_of(event), datetime.now(UTC)))
