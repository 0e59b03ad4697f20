"""Assign a price plan to a token, for charges that begin from then on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from emsp.invocation import InvalidInvocation, Moment, ObjectId, Payload, read_payload
from emsp.ocpi.datetimes import canonical_datetime, write_datetime
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.retail.get_price_plan import unknown_plan
from emsp.retail.plan import PlanId
from emsp.retail.put_price_plan import not_past
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PlanVersions


class AssignPricePlanRequest(Payload):
    """The payload of assign_price_plan. If the plan is null, the default plan applies to the token again."""

    token_uid: ObjectId
    plan_id: PlanId | None
    start: Annotated[Moment | None, Field(alias="from")] = None


@dataclass(frozen=True)
class AssignPricePlan:
    """Assigns a plan to a token, or removes its plan."""

    assignments: PlanAssignments
    plans: PlanVersions
    forgotten: ForgottenTokens
    our_party: PartyId
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Store the assignment, and return `{"plan_id", "from"}`. Raises InvalidInvocation and
        StoreUnavailable.
        """
        request = read_payload(AssignPricePlanRequest, payload)
        start = not_past(request.start, self.now())
        moment = canonical_datetime(start)
        if request.plan_id is not None and self.plans.in_force(request.plan_id, moment) is None:
            raise InvalidInvocation(unknown_plan(self.plans, request.plan_id, moment))
        token_key = self.our_party.key_of(request.token_uid)
        pseudonym = self.forgotten.pseudonym_of(token_key)
        if pseudonym is not None:  # later pushes of this driver have the pseudonym too
            token_key = self.our_party.key_of(pseudonym)
        self.assignments.assign(token_key, request.plan_id, moment)
        return {"plan_id": request.plan_id, "from": write_datetime(start)}
