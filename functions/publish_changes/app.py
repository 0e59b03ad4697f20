"""Publishes the changes of the DynamoDB streams on the bus, and deletes the S3 bodies of expired items."""

from typing import Any

from emsp.charges.build_cost_so_far import cost_so_far_of
from emsp.deadline import LambdaContext
from emsp.events.dispute_events import dispute_events
from emsp.events.publish_changes import PublishChanges
from emsp.events.remove_unused_bodies import RemoveUnusedBodies
from emsp.events.table_events import (
    catalogue_events,
    cdr_events,
    command_events,
    finding_events,
    session_events,
)
from emsp.log import new_invocation
from emsp.ocpi.json_text import JsonObject
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, eventbridge_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.commands import CommandStore
from emsp.stores.event_bus import EventBus
from emsp.stores.failed_changes import ParkedRecords
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies
from emsp.stores.time_left import begin_invocation

settings = Settings()
large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)


def store_object(event_id: str, text: str) -> JsonObject:
    key = f"events/{event_id}.json.gz"
    large_bodies.write(key, text)
    return {"bucket": large_bodies.bucket, "key": key, "encoding": "gzip"}


sessions = SessionStore(dynamodb_client(), settings.sessions_table, large_bodies)
cdrs = CdrStore(dynamodb_client(), settings.cdrs_table, large_bodies)
cost_so_far = cost_so_far_of(settings, cached=True)
publisher = PublishChanges(
    bus=EventBus(eventbridge_client(), settings.event_bus_name),
    events_of={
        settings.sessions_table: session_events(
            sessions, CommandStore(dynamodb_client(), settings.commands_table), cdrs, cost_so_far.for_events
        ),
        settings.cdrs_table: cdr_events(cdrs, sessions),
        settings.commands_table: command_events,
        settings.findings_table: finding_events,
        settings.disputes_table: dispute_events,
        settings.locations_table: catalogue_events("Location", large_bodies),
        settings.tariffs_table: catalogue_events("Tariff", large_bodies),
    },
    park=ParkedRecords(large_bodies).park,
    store_object=store_object,
)
remove_unused_bodies = RemoveUnusedBodies(large_bodies)


def handler(event: dict[str, Any], context: LambdaContext | None) -> dict[str, Any]:
    """Return `{"batchItemFailures": [...]}`.

    In an event with `redrive`, a record that can't be published is not parked again, but returned as a
    failure.
    """
    new_invocation()
    begin_invocation(context)
    records, redrive = event["Records"], bool(event.get("redrive"))
    unpublished = publisher.publish(records, park_failures=not redrive)
    # An event may contain a body from S3, so the body is deleted after the event was published.
    published = [each for each in records if each["dynamodb"]["SequenceNumber"] not in unpublished]
    failed = [*unpublished, *remove_unused_bodies(published)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
