"""Settles a month: `{"month": "2026-10" | "previous", "invoice_s3"?}`. Writes files and a manifest to S3."""

from typing import Any

from emsp.deadline import Deadline, LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.settlement.accounts_time_zone import zone_of_accounts
from emsp.settlement.compare_invoice import CompareInvoice
from emsp.settlement.settle import Settle
from emsp.stores.aws import bulk_dynamodb_client, bulk_s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.disputes import DisputeStore
from emsp.stores.own_function import invoke_again
from emsp.stores.settlements import Settlements
from emsp.stores.table import LargeBodies

settings = Settings()
cdrs = CdrStore(
    bulk_dynamodb_client(), settings.cdrs_table, LargeBodies(settings.large_bodies_bucket, bulk_s3_client)
)
settlements = Settlements(bulk_s3_client(), settings.settlements_bucket)
settle = Settle(
    cdrs,
    settlements,
    CompareInvoice(settlements, cdrs.ended_at, settings.check_tolerance),
    zone_of_accounts(settings),
    settings.gst_percent,
    DisputeStore(bulk_dynamodb_client(), settings.disputes_table),
    settings.dispute_when,
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(settle(payload_of(event), Deadline.of_invocation(context), invoke_again))
