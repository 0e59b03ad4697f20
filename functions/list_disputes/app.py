"""Lists dispute cases: `{"cpo"?, "state"?, "month"?, "next"?}`. Returns a page of cases."""

from typing import Any

from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.settlement.accounts_time_zone import zone_of_accounts
from emsp.settlement.list_disputes import ListDisputes
from emsp.stores.aws import dynamodb_client
from emsp.stores.disputes import DisputeStore

settings = Settings()
list_disputes = ListDisputes(
    DisputeStore(dynamodb_client(), settings.disputes_table),
    zone_of_accounts(settings),
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(list_disputes(payload_of(event)))
