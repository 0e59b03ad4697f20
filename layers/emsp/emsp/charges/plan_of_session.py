"""Find the price plan of a session."""

from dataclasses import dataclass
from datetime import datetime

from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.pushes.billed_token import token_key_of
from emsp.retail.plan_choice import PlanChoice
from emsp.retail.price import PlanInForce


@dataclass(frozen=True)
class PlanOfSession:
    """Finds the price plan that the session's token had at the start of the session."""

    plan_choice: PlanChoice
    our_party: PartyId

    def __call__(self, session: JsonObject, start: datetime) -> PlanInForce | None:
        """Return the plan, or None if the token had none. Raises StoreUnavailable."""
        token_key = token_key_of(session, self.our_party)
        return self.plan_choice.of_charge(token_key, canonical_datetime(start)) if token_key else None
