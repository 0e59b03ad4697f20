"""The queue of changes that could not be published, and the streams in which Lambda's own messages on it
point.

Two kinds of messages: ours hold the stream record itself (`{"record": ...}`, or where it is, `{"record_s3":
key}`); Lambda's, written when its retries are used up, name a stretch of a stream (`DDBStreamBatchInfo`),
which can be read for 24 hours.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emsp.stores.table import LargeBodies, StoreUnavailable, store_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGE_BYTES_AT_MOST = 250_000
EMPTY_PAGES_AT_MOST = 1000
"""An empty page is not the end of a shard: a stretch without records takes many of them to cross."""


@dataclass(frozen=True)
class UnpublishedMessage:
    """A message as it was taken from the queue."""

    receipt_handle: str
    document: Mapping[str, Any]


class UnpublishedQueue:
    """Parks records and gives them back. Every method raises StoreUnavailable."""

    def __init__(self, sqs: "SQSClient", url: str, large_bodies: LargeBodies) -> None:
        self._sqs = sqs
        self._url = url
        self._large_bodies = large_bodies

    def park(self, record: Mapping[str, Any], error: str) -> None:
        """Keep a stream record: in the message, or in S3 where it is too large for one."""
        text = json.dumps({"error": error, "record": record}, default=str)
        if len(text.encode()) > MESSAGE_BYTES_AT_MOST:
            key = f"parked/{record['eventID']}.json.gz"
            self._large_bodies.write(key, text)
            text = json.dumps({"error": error, "record_s3": key})
        with store_errors("parking a change"):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=text)

    def take(self) -> list[UnpublishedMessage]:
        """Up to ten messages, hidden from others for some time; empty when there are none."""
        with store_errors("taking parked changes"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, VisibilityTimeout=300
            )
        return [
            UnpublishedMessage(message["ReceiptHandle"], self._whole(json.loads(message["Body"])))
            for message in answer.get("Messages", [])
        ]

    def _whole(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        key = document.get("record_s3")
        return document if key is None else json.loads(self._large_bodies.read(key))

    def done(self, message: UnpublishedMessage) -> None:
        with store_errors("removing a parked change"):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt_handle)


def records_between(
    streams: Any,  # noqa: ANN401  there are no types for it in use here
    stream_arn: str,
    shard_id: str,
    first: str,
    last: str,
) -> Iterator[dict[str, Any]]:
    """The records of a shard from sequence number `first` to `last`, both included, in the form Lambda hands
    over.

    Raises StoreUnavailable, also when the stretch is no longer in the stream.
    """
    with store_errors(f"reading stream {stream_arn} at {first}"):
        iterator = streams.get_shard_iterator(
            StreamArn=stream_arn,
            ShardId=shard_id,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=first,
        )["ShardIterator"]
    empty_pages = 0
    while iterator and empty_pages <= EMPTY_PAGES_AT_MOST:
        with store_errors(f"reading stream {stream_arn} at {first}"):
            page = streams.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            if int(record["dynamodb"]["SequenceNumber"]) > int(last):
                return
            yield {**record, "eventSourceARN": stream_arn, "dynamodb": _as_lambda(dict(record["dynamodb"]))}
            if record["dynamodb"]["SequenceNumber"] == last:
                return
        empty_pages += not page["Records"]
        iterator = page.get("NextShardIterator", "")
    raise StoreUnavailable(f"stream {stream_arn} has nothing more after {first}, though {last} was to come")


def _as_lambda(change: dict[str, Any]) -> dict[str, Any]:
    return {**change, "ApproximateCreationDateTime": change["ApproximateCreationDateTime"].timestamp()}
