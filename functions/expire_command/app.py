"""Sets commands without a result to TIMEOUT. The delayed queue has one message for each command."""

import json
from typing import Any

from emsp.commands.expire_command import ExpireCommand
from emsp.log import log, new_invocation
from emsp.metrics import Metric, count
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, sqs_client
from emsp.stores.commands import CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.table import StoreUnavailable

settings = Settings()
expire_command = ExpireCommand(
    CommandStore(dynamodb_client(), settings.commands_table),
    ExpiryQueue(sqs_client(), settings.expire_command_queue_url),
)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the messages that failed, so that SQS delivers only those again."""
    failed = []
    for message in event["Records"]:
        new_invocation(message_id=message["messageId"])
        try:
            expire_command(json.loads(message["body"])["command_id"])
        except StoreUnavailable:
            log.exception("a command could not be expired, the queue tries again")
            count(Metric.EXPIRIES_HELD_UP)
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
