"""Publish the changes in DynamoDB streams on the event bus. No change is lost.

If the bus rejects an event, its record is returned as a failure, and Lambda retries it. A record for which no
event can be built is parked in S3, so that it does not delay the records after it. redrive_changes publishes
both later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emsp.events.domain_event import DomainEvent, EventsOf
from emsp.events.joined_events import JoinedEvents, Made
from emsp.events.stream_batch import as_item
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.stores.event_bus import DETAIL_BYTES_AT_MOST, BusEntry, EventBus
from emsp.stores.time_left import half_of_the_time

StreamRecord = Mapping[str, Any]


@dataclass(frozen=True)
class PublishChanges:
    """Publishes the changes in stream records.

    `events_of` has, for each table, the function that returns the events of a change. `park` stores a record
    for which no event can be built. `store_object` stores an object that is too large for an event, and
    returns its place in S3.
    """

    bus: EventBus
    events_of: Mapping[str, EventsOf]
    park: Callable[[StreamRecord, str], None]
    store_object: Callable[[str, str], JsonObject]

    def publish(self, records: Sequence[StreamRecord], *, park_failures: bool = True) -> list[str]:
        """Publish the events of the records. Return the sequence numbers of those not published, oldest
        first.

        If `park_failures` is False, they include the records for which no event can be built. When half of
        the time has passed, they include all other records. Lambda delivers them again.
        """
        joined = JoinedEvents()
        failed: set[str] = set()
        left: set[str] = set()
        is_late = half_of_the_time()
        for position, record in enumerate(records):
            number = str(record["dynamodb"]["SequenceNumber"])
            if position and is_late():
                left = {str(each["dynamodb"]["SequenceNumber"]) for each in records[position:]}
                log.warning("no time for all changes: Lambda delivers the rest again", left=len(left))
                break
            try:
                made = self._entries(record)
            except Exception as error:  # noqa: BLE001  an error of one record must not delay the others
                log.exception("a change can't be turned into an event", sequence_number=number)
                if not park_failures or not self._parked(record, error, number):
                    failed.add(number)
                continue
            for each in made:
                joined.add(each, number)
        entries, owners = joined.entries()
        for numbers, problem in zip(owners, self.bus.put(entries), strict=True):
            if problem is not None:
                log.error("the bus rejected an event", sequence_number=numbers[0], problem=problem)
                failed.update(numbers)
        if failed:
            count(Metric.EVENTS_NOT_TAKEN, len(failed))
        again = failed | left
        return [
            number for record in records if (number := str(record["dynamodb"]["SequenceNumber"])) in again
        ]

    def _parked(self, record: StreamRecord, error: Exception, number: str) -> bool:
        try:
            count(Metric.CHANGES_PARKED)
            self.park(record, type(error).__name__)
        except Exception:  # noqa: BLE001  Lambda delivers the record again
            log.exception("a change could not be parked either", sequence_number=number)
            return False
        return True

    def _entries(self, record: StreamRecord) -> list[Made]:
        change = record["dynamodb"]
        table = str(record["eventSourceARN"]).split("/")[1]
        occurred_at = datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC)
        events = self.events_of[table](as_item(change.get("OldImage")), as_item(change.get("NewImage")))
        return [
            self._entry(
                event, f"{record['eventID']}-{position}" if position else str(record["eventID"]), occurred_at
            )
            for position, event in enumerate(events)
        ]

    def _entry(self, event: DomainEvent, event_id: str, occurred_at: datetime) -> Made:
        head: JsonObject = {"event_id": event_id, "occurred_at": write_datetime(occurred_at)}
        text = dump_json({**head, **event.detail})
        if len(text.encode()) > DETAIL_BYTES_AT_MOST:
            rest = {name: value for name, value in event.detail.items() if name != "object"}
            pointer = self.store_object(event_id, dump_json(event.detail["object"]))
            text = dump_json({**head, **rest, "object_s3": pointer})
        return Made(
            BusEntry(event.joined_in or event.detail_type, text, occurred_at), event.joined_in is not None
        )
