"""Find the price plan of a charge: that of its token when the charge began, or the default plan, or none."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from emsp.invocation import InvalidInvocation
from emsp.ocpi.json_text import parse_json
from emsp.retail.get_price_plan import unknown_plan
from emsp.retail.plan import PricePlan
from emsp.retail.price import PlanInForce
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PlanVersion, PricePlans

PLANS_KNOWN_AT_MOST = 50
CHARGES_KNOWN_AT_MOST = 1000


@dataclass
class PlanChoice:
    """Finds price plans. All methods raise StoreUnavailable.

    `vat` is the rate, in percent, of plans that have none. The plan at a past time never changes, so it is
    cached.
    """

    assignments: PlanAssignments
    plans: PricePlans
    default_plan: str | None
    vat: Decimal | None
    _known: dict[PlanVersion, PlanInForce] = field(default_factory=dict)
    _known_charges: dict[tuple[str, str], PlanInForce | None] = field(default_factory=dict)

    def of_charge(self, token_key: str, began_at: str) -> PlanInForce | None:
        """Return the plan of a charge of this token (`IN#EMS#UID`) that began at `began_at` (canonical time),
        or None.
        """
        charge = token_key, began_at
        if charge not in self._known_charges:
            if len(self._known_charges) >= CHARGES_KNOWN_AT_MOST:
                self._known_charges.clear()
            self._known_charges[charge] = self.of_token(token_key, began_at)
        return self._known_charges[charge]

    def of_token(self, token_key: str, moment: str) -> PlanInForce | None:
        plan_id = self.assignments.in_force(token_key, moment) or self.default_plan
        return self.named(plan_id, moment) if plan_id else None

    def requested(self, plan_id: str | None, token_key: str | None, moment: str) -> PlanInForce | None:
        """Return the plan that a caller names, or else the plan of the token, or None if neither is given.

        Raises InvalidInvocation for an unknown plan.
        """
        if plan_id is None:
            return self.of_token(token_key, moment) if token_key else None
        plan = self.named(plan_id, moment)
        if plan is None:
            raise InvalidInvocation(unknown_plan(self.plans, plan_id, moment))
        return plan

    def named(self, plan_id: str, moment: str) -> PlanInForce | None:
        """Return the version of the plan at `moment` (canonical time), or None if it has none yet."""
        version = self.plans.in_force(plan_id, moment)
        if version is None:
            return None
        if version not in self._known:
            if len(self._known) >= PLANS_KNOWN_AT_MOST:
                self._known.clear()
            plan = PricePlan.model_validate(parse_json(self.plans.text(version)))
            vat = None if self.vat is None else Fraction(self.vat)
            self._known[version] = PlanInForce(plan, version.version, vat)
        return self._known[version]
