"""Returns a dispute case with its history, its evidence, and a page to print: `{"id"}`."""

from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.settlement.get_dispute import GetDispute
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.disputes import DisputeStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
get_dispute = GetDispute(
    DisputeStore(dynamodb, settings.disputes_table),
    CdrStore(dynamodb, settings.cdrs_table, large_bodies),
    SessionStore(dynamodb, settings.sessions_table, large_bodies),
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(get_dispute(payload_of(event)))
