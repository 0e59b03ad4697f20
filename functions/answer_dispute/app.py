"""Records a new state of a dispute case: `{"id", "state", "note", "who"}`. Returns the case with its
history.
"""

from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.settlement.answer_dispute import AnswerDispute
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.disputes import DisputeStore
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
answer_dispute = AnswerDispute(
    DisputeStore(dynamodb, settings.disputes_table),
    CdrStore(dynamodb, settings.cdrs_table, large_bodies),
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(answer_dispute(payload_of(event)))
