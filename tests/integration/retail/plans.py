"""A price plan and its assignment, as if they had been put before the samples' charges."""

import json
from typing import Any, Final

import boto3

from emsp.ocpi.datetimes import canonical_datetime
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PricePlans
from emsp.stores.table import LargeBodies
from tests.integration.house import House

BEGAN: Final = canonical_datetime("2026-11-22T00:00:00Z")


def keep_plan(house: House, price: dict[str, Any], since: str = BEGAN, **fields: Any) -> None:
    """As if it had been put then: a plan can't be put in the past."""
    value = {"id": "STANDARD", "currency": "INR", "rules": [{"price": price}], "round_to": "0.01", **fields}
    bodies = LargeBodies("large-bodies", lambda: boto3.client("s3"))
    PricePlans(house.dynamodb, "price_plans", bodies).add("STANDARD", json.dumps(value), since)


def assign(house: House, plan_id: str | None, since: str = BEGAN) -> None:
    PlanAssignments(house.dynamodb, "plan_assignments").assign("IN#EMS#TOKEN1", plan_id, since)
