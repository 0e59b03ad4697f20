"""Checks CDRs: those of a stream, `{"cdr": {...}}`, or `{"from", "to"}`. Returns verdicts and differences."""

from typing import Any

from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.check_cdr import CheckCdr
from emsp.charges.retail_of_cdr import RetailOfCdr
from emsp.deadline import Deadline, LambdaContext
from emsp.events.stream_batch import each_change
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.pricing.check_claim import CheckRules
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings
from emsp.settlement.update_case import DisputeRules, UpdateCase
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.disputes import DisputeStore
from emsp.stores.failed_changes import ParkedRecords
from emsp.stores.meter_keys import MeterKeys
from emsp.stores.table import LargeBodies
from emsp.stores.time_left import begin_invocation

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
cdrs = CdrStore(dynamodb, settings.cdrs_table, large_bodies)
update_case = UpdateCase(
    DisputeStore(dynamodb, settings.disputes_table),
    cdrs,
    DisputeRules(
        settings.dispute_when, settings.dispute_from, settings.check_tolerance, settings.gst_percent
    ),
)
check_cdr = CheckCdr(
    cdrs,
    pricing_context_by(settings),
    CheckRules(tolerance=settings.check_tolerance, gst_percent=settings.gst_percent),
    MeterKeys(dynamodb, settings.control_table),
    RetailOfCdr(cdrs, plan_choice_of(settings)),
    update_case.after_check,
)
unchecked = ParkedRecords(large_bodies)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    payload = payload_of(event)
    if "Records" in payload:
        begin_invocation(context)
        return each_change(payload, check_cdr.on_change, unchecked.park)
    return answer(check_cdr.answer(payload, Deadline.of_invocation(context)))
