"""Store a new version of a price plan, for charges that begin from then on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from emsp.invocation import InvalidInvocation, Moment, Payload, read_payload
from emsp.ocpi.datetimes import canonical_datetime, write_datetime
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.retail.plan import PricePlan
from emsp.stores.price_plans import PricePlans


class PutPricePlanRequest(Payload):
    """The payload of put_price_plan: the plan, and the time from which it applies (default: now)."""

    plan: PricePlan
    start: Annotated[Moment | None, Field(alias="from")] = None


@dataclass(frozen=True)
class PutPricePlan:
    """Validates and stores a version of a plan."""

    plans: PricePlans
    below_cost: Callable[[PricePlan, datetime], JsonObject]
    """Compares the plan with the present catalogue (charges/plan_below_cost.py)."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Store the version, and return `{"plan_id", "version", "from", "below_cost", ...}`.

        Raises InvalidInvocation and StoreUnavailable.
        """
        given = read_payload(PutPricePlanRequest, payload)
        start = not_past(given.start, self.now())
        plan = given.plan
        kept = self.plans.add(plan.id, dump_json(plan.as_json()), canonical_datetime(start))
        return {
            "plan_id": plan.id,
            "version": kept.version,
            "from": write_datetime(start),
            **self.below_cost(plan, start),
        }


def not_past(start: datetime | None, now: datetime) -> datetime:
    """Return `start`, or `now` if it is None. Raises InvalidInvocation if it is in the past."""
    if start is not None and start < now:
        raise InvalidInvocation(
            f"from must not be in the past: charges since {write_datetime(start)} have their price; "
            "leave it out to mean now, or give a later time"
        )
    return start or now.replace(microsecond=now.microsecond // 1000 * 1000)  # as it is written
