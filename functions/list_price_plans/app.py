"""Lists the price plans with their current and later versions: `{}`."""

from datetime import UTC, datetime
from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.retail.get_price_plan import list_price_plans
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.price_plans import PlanVersions

settings = Settings()
plans = PlanVersions(dynamodb_client(), settings.price_plans_table)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(list_price_plans(plans, payload_of(event), datetime.now(UTC)))
