"""What Lambda would hand to publish_changes, read from moto's streams, and what arrives on the bus."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern

from emsp.events.stream_batch import Image, each_change
from tests.integration.house import moto_state
from tests.schemas.validate import validate_event
from tests.template.template import functions

STREAMED = ("sessions", "cdrs", "commands", "disputes", "findings", "locations", "tariffs")


class Streams:
    """Reads each table's stream on from where it was read last.

    Straight from moto's state, whose own endpoint for streams answers that it has none of this.
    """

    def __init__(self) -> None:
        self._seen = {table: len(_kept(table).stream_shard.items) for table in STREAMED}

    def records(self) -> list[dict[str, Any]]:
        """All records since the last call, table by table, as Lambda's event has them."""
        return [record for table in STREAMED for record in self._of(table)]

    def _of(self, table: str) -> Iterator[dict[str, Any]]:
        kept = _kept(table)
        items = kept.stream_shard.items
        arn = f"{kept.table_arn}/stream/{kept.latest_stream_label}"
        for item in items[self._seen[table] :]:
            change = dict(item.record["dynamodb"])
            # moto makes two records of an update that creates its item: one of the bare key, and the update.
            if change.get("NewImage") == change["Keys"]:
                continue
            if change.get("OldImage") == change["Keys"]:
                del change["OldImage"]
            change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
            record = {**item.record, "dynamodb": change, "eventSourceARN": arn}
            yield json.loads(json.dumps(record, default=lambda octets: base64.b64encode(octets).decode()))
        self._seen[table] = len(items)


def _kept(table: str) -> Any:
    return moto_state(dynamodb_backends).tables[table]


def images(record: dict[str, Any]) -> tuple[Image | None, Image | None]:
    """The item before and after, as the use cases get them."""
    found: list[tuple[Image | None, Image | None]] = []
    each_change({"Records": [record]}, lambda before, after: found.append((before, after)), _never)
    [both] = found
    return both


def _never(*_: object) -> None:
    raise AssertionError("reading a record can't fail")


def is_let_through(function: str, record: dict[str, Any]) -> bool:
    """Whether the template's filters let a stream bring this record to the function."""
    table = record["eventSourceARN"].split("/")[1]
    [mapping] = [
        event["Properties"]
        for event in functions()[function]["Events"].values()
        if event["Properties"]["Stream"]["Fn::GetAtt"][0] == f"{table.title()}Table"
    ]
    patterns = [each["Pattern"] for each in mapping["FilterCriteria"]["Filters"]]
    event: Any = record
    return any(EventPattern.load(pattern).matches_event(event) for pattern in patterns)


class Tap:
    """A queue behind the bus that takes every event, and holds it to its schema."""

    def __init__(self) -> None:
        sqs, events = boto3.client("sqs"), boto3.client("events")
        self._sqs = sqs
        self._url = sqs.create_queue(QueueName="tap")["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        target: Any = {"Id": "tap", "Arn": asked["Attributes"]["QueueArn"]}
        events.put_rule(Name="all", EventBusName="emsp", EventPattern=json.dumps({"source": ["emsp.ocpi"]}))
        events.put_targets(Rule="all", EventBusName="emsp", Targets=[target])

    def events(self) -> list[dict[str, Any]]:
        """All events since the last call."""
        taken: list[dict[str, Any]] = []
        while messages := self._take():
            for message in messages:
                event = json.loads(message["Body"])
                validate_event(event["detail-type"], event["detail"])
                taken.append(event)
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def _take(self) -> list[Any]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        return list(answer.get("Messages", []))
