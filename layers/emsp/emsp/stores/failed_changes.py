"""Stream records that a function could not process. Each batch is an object in S3, and an SQS message names
it.

Lambda writes a batch when its retries end (key `aws/lambda/...`). A function parks a single record that it
can never process (key `parked/...`), in the same form: `{"requestContext": {"functionArn": ...}, "payload":
the function's event as JSON text}`. The bucket notifies the queue of each object.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from emsp.stores.client_types import SQSClient
from emsp.stores.table import LargeBodies, StoreUnavailable, error_code, store_errors

HIDDEN_S: Final = 960
"""The visibility timeout of a message in seconds. It is longer than redrive_changes can run."""


class ParkedRecords:
    """Stores the records that a function can never process."""

    def __init__(self, large_bodies: LargeBodies) -> None:
        self._large_bodies = large_bodies

    def park(self, record: Mapping[str, Any], error: str) -> None:
        """Store a record in the form that Lambda uses. `error` is the class of the error. Raises
        StoreUnavailable.
        """
        function = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        document = {
            "requestContext": {"functionArn": function, "condition": error},
            "payload": json.dumps({"Records": [record]}, default=str),
        }
        self._large_bodies.write(f"parked/{function}/{record['eventID']}.json.gz", json.dumps(document))


@dataclass(frozen=True)
class FailedChange:
    """A message and the object that it names.

    `key` is None for the test message that S3 sends when the notification is created.
    """

    receipt_handle: str
    key: str | None


class FailedChanges:
    """The queue and the bucket, for redrive_changes. All methods raise StoreUnavailable."""

    def __init__(self, sqs: SQSClient, url: str, large_bodies: LargeBodies) -> None:
        self._sqs = sqs
        self._url = url
        self._large_bodies = large_bodies

    def take(self) -> list[FailedChange]:
        """Return up to ten messages. They are hidden from other readers for HIDDEN_S."""
        with store_errors("receiving changes that failed"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_S
            )
        return [
            FailedChange(message["ReceiptHandle"], next(_keys(json.loads(message["Body"])), None))
            for message in answer.get("Messages", [])
        ]

    def function_and_event(self, key: str) -> tuple[str, dict[str, Any]] | None:
        """Return the function, and the event that it could not process.

        Return None if the object was deleted: an object that was written twice has two messages. Raises
        KeyError and ValueError if the object has another form.
        """
        try:
            document = json.loads(self._large_bodies.read(key))
        except StoreUnavailable as error:
            if error_code(error.__cause__) == "NoSuchKey":
                return None
            raise
        payload = document["payload"]
        event: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
        return document["requestContext"]["functionArn"], {"Records": event["Records"]}

    def done(self, change: FailedChange) -> None:
        """Delete the object and the message. The change was processed."""
        if change.key is not None:
            self._large_bodies.remove(change.key)
        with store_errors("removing a change that was processed"):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=change.receipt_handle)

    def give_back(self, change: FailedChange) -> None:
        """Make the message visible again at once."""
        with store_errors("returning a change that failed again to its queue"):
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=change.receipt_handle, VisibilityTimeout=0
            )


def _keys(notification: Mapping[str, Any]) -> Iterator[str]:
    for record in notification.get("Records", []):
        yield unquote_plus(record["s3"]["object"]["key"])
