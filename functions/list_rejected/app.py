"""Lists rejected pushes, with their reasons: `{"module"?, "party"?, "since"?, "reason"?, ...}`."""

from typing import Any

from emsp.invocation import answer, invocation_handler, payload_of
from emsp.pushes.list_rejected import ListRejected
from emsp.settings import Settings
from emsp.stores.aws import s3_client
from emsp.stores.rejected import RejectedStore

list_rejected = ListRejected(RejectedStore(s3_client, Settings().rejected_bucket))


@invocation_handler
def handler(event: object, context: object) -> dict[str, Any]:
    return answer(list_rejected(payload_of(event)))
