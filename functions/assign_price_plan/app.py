"""Assigns a price plan to a token: `{"token_uid", "plan_id": "..." or null, "from"?}`."""

from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.retail.assign_price_plan import AssignPricePlan
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PlanVersions

settings = Settings()
dynamodb = dynamodb_client()
assign_price_plan = AssignPricePlan(
    PlanAssignments(dynamodb, settings.plan_assignments_table),
    PlanVersions(dynamodb, settings.price_plans_table),
    ForgottenTokens(dynamodb, settings.control_table),
    settings.our_party,
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(assign_price_plan(payload_of(event)))
