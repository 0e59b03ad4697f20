"""Estimates the price of a charge: `{"connector": {...}}` or `{"tariff": {...}}`, with kWh and minutes."""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.estimate_price import EstimatePrice
from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.pricing.rules import PricingRules
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
pricing_context = pricing_context_by(settings, dynamodb, large_bodies)
estimate_price = EstimatePrice(
    pricing_context.locations,
    pricing_context,
    PricingRules(vat_when_absent=settings.gst_percent),
    plan_choice_of(settings, dynamodb, large_bodies),
    settings.our_party,
    lambda: datetime.now(UTC),
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(estimate_price(payload_of(event)))
