"""Records the new state of a dispute: `{"id", "state", "note", "who"}` -> the case with its history."""

from datetime import UTC, datetime
from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.settlement.answer_dispute import AnswerDispute
from emsp.stores.aws import dynamodb_client
from emsp.stores.disputes import DisputeStore

settings = Settings()
answer_dispute = AnswerDispute(
    DisputeStore(dynamodb_client(), settings.disputes_table), lambda: datetime.now(UTC)
)


@errors_with_data
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    return answer(answer_dispute(payload_of(event)))
