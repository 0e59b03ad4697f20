"""A queue on the eMSP's bus, like that of one of its own services. It shows the events that arrive."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3

from tests.local_cloud.stack import Stack
from tests.schemas.validate import validate_event

SOURCE = "emsp.ocpi"


@dataclass
class EventTap:
    """The events taken from the bus so far, in the order of their arrival. `arrived` maps the id of an event
    to the time of its arrival. (The `time` in an event has whole seconds, so it may be before the cause of
    the event.)
    """

    sqs: Any
    queue_url: str
    taken: list[dict[str, Any]] = field(default_factory=list)
    arrived: dict[str, datetime] = field(default_factory=dict)

    def take(self, wait_s: int = 1) -> list[dict[str, Any]]:
        """The events since the last call. Waits up to `wait_s` seconds for the first one. Raises
        ValidationError of jsonschema if an event violates its schema.
        """
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        events = [json.loads(message["Body"]) for message in messages]
        for event, message in zip(events, messages, strict=True):
            validate_event(event["detail-type"], event["detail"])
            sent_ms = int(message["Attributes"]["SentTimestamp"])
            self.arrived[event["id"]] = datetime.fromtimestamp(sent_ms / 1000, UTC)
        self.taken += events
        self.taken.sort(key=lambda event: self.arrived[event["id"]])
        return events

    def wait_for(self, detail_type: str, identifier: str, within_s: float = 20) -> dict[str, Any]:
        """The first event of this kind about this object, even if an earlier call returned it. Raises
        TimeoutError.
        """
        deadline = time.monotonic() + within_s
        seen = list(self.taken)
        while True:
            for event in seen:
                joined = event["detail"].get("changes")
                told = joined if isinstance(joined, list) else [event["detail"]]
                if event["detail-type"] == detail_type and identifier in [each["id"] for each in told]:
                    return event
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {detail_type!r} event about {identifier} came within {within_s} s")
            seen = self.take()


@contextmanager
def tap(stack: Stack) -> Iterator[EventTap]:
    """Receive the events of the bus of the stack until the context ends."""
    sqs = boto3.client("sqs", **stack.client_settings)
    events = boto3.client("events", **stack.client_settings)
    name = f"demo-{uuid4().hex[:8]}"
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name=name, EventBusName=stack.event_bus, EventPattern=json.dumps({"source": [SOURCE]}))
    events.put_targets(
        Rule=name, EventBusName=stack.event_bus, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}]
    )
    try:
        yield EventTap(sqs, queue_url)
    finally:
        events.remove_targets(Rule=name, EventBusName=stack.event_bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=stack.event_bus)
        sqs.delete_queue(QueueUrl=queue_url)
