"""Dismisses a rejected push that nobody will replay: `{"key", "reason"}`."""

from typing import Any

from emsp.invocation import answer, invocation_handler, payload_of
from emsp.pushes.dismiss_rejected import DismissRejected
from emsp.settings import Settings
from emsp.stores.aws import s3_client
from emsp.stores.rejected import RejectedStore

dismiss_rejected = DismissRejected(RejectedStore(s3_client, Settings().rejected_bucket))


@invocation_handler
def handler(event: object, context: object) -> dict[str, Any]:
    return answer(dismiss_rejected(payload_of(event)))
