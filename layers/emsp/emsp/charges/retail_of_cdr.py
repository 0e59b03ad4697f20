"""Decide what the driver pays for a CDR, once, and store it beside the CDR."""

from dataclasses import dataclass

from emsp.charges.pricing_context import PricingContext
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.wrong_clocks import CLOCK_WAS_SET
from emsp.pricing.check_claim import Check
from emsp.pricing.read_tariff import moment_of
from emsp.pushes.month_of_cdr import EARLY_AT_MOST
from emsp.retail.plan_choice import PlanChoice
from emsp.retail.price_decision import Basis, Decision, decide, plug_of
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.table import ConditionFailed


@dataclass(frozen=True)
class RetailOfCdr:
    """Decides what the driver pays for a CDR, and stores it."""

    cdrs: CdrStore
    plan_choice: PlanChoice

    def __call__(
        self, stored: StoredCdr, cdr: JsonObject, checked: Check, context: PricingContext, *, reprice: bool
    ) -> None:
        """Decide what the driver pays, unless it is decided already. Raises StoreUnavailable.

        `reprice`: decide again if the price was derived from the CPO's claim, or is unknown.
        """
        before = Decision.of_text(stored.retail) if stored.retail else None
        is_open = before is None or (reprice and (before.basis is Basis.CLAIM or before.cost is None))
        began = moment_of(cdr.get("start_date_time"))
        if checked.claim.is_credit or not is_open or stored.token_key is None or began is None:
            return
        if began.year not in CLOCK_WAS_SET or began > stored.received_at + EARLY_AT_MOST:
            began = stored.received_at  # the CPO's clock is wrong, and the driver has charged all the same
        plan = self.plan_choice.of_charge(stored.token_key, canonical_datetime(began))
        if plan is None:
            return
        plug = plug_of(cdr, context.power_type, context.power_kw)
        decision = decide(plan, plug, cdr, checked, context.time_zone)
        if before is not None:
            decision = before.repriced(decision)
            if decision is before:
                return
        try:
            self.cdrs.keep_retail(stored.object_key, decision.as_text(), stored.retail_revision)
        except ConditionFailed:
            return  # a concurrent check has decided
