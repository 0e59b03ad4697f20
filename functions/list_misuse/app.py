"""Lists findings of misused tokens: `{"token_uid"?, "from"?, "next"?}`."""

from typing import Any

from emsp.invocation import answer, invocation_handler, payload_of
from emsp.misuse.list_misuse import ListMisuse
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.misuse_findings import FindingStore

settings = Settings()
list_misuse = ListMisuse(
    FindingStore(dynamodb_client(), settings.findings_table),
    settings.our_party,
)


@invocation_handler
def handler(event: object, context: object) -> dict[str, Any]:
    return answer(list_misuse(payload_of(event)))
