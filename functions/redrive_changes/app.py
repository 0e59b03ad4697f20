"""Invokes functions again with the stream records that they could not process: `{}`."""

from typing import Any

from emsp.deadline import Deadline, LambdaContext
from emsp.events.redrive_changes import RedriveChanges
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.aws import bulk_s3_client, sqs_client
from emsp.stores.failed_changes import FailedChanges
from emsp.stores.other_functions import call
from emsp.stores.table import LargeBodies

settings = Settings()
large_bodies = LargeBodies(settings.large_bodies_bucket, bulk_s3_client)
redrive_changes = RedriveChanges(
    FailedChanges(sqs_client(), settings.failed_changes_queue_url, large_bodies), call
)


def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Return `{"redriven": n, "left": n, "complete": bool}`. If `complete` is false, invoke it again."""
    new_invocation()
    return redrive_changes(Deadline.of_invocation(context))
