"""Estimates the price of a charge: `{"connector": {...}}` or `{"tariff": {...}}`, with kWh and minutes."""

from typing import Any

from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.estimate_price import EstimatePrice
from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings

settings = Settings()
estimate_price = EstimatePrice(
    pricing_context_by(settings), settings.gst_percent, plan_choice_of(settings), settings.our_party
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(estimate_price(payload_of(event)))
