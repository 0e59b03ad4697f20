"""Process a batch of DynamoDB stream records in order, and return the failures (ReportBatchItemFailures)."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.stores.table import StoreUnavailable
from emsp.stores.time_left import half_of_the_time

type Image = Mapping[str, Any]


def each_change(
    event: Mapping[str, Any],
    do: Callable[[Image | None, Image | None], object],
    park: Callable[[Mapping[str, Any], str], None],
) -> dict[str, Any]:
    """Call `do(before, after)` for each record, and return the failures for Lambda.

    At the first StoreUnavailable it stops, and Lambda delivers the other records again. The metric
    ChangesHeldUp counts that, because Lambda's own metrics show a success. After any other error, a retry
    would fail too. So the record is passed to `park` with the class of the error (metric ChangesParked), and
    the next records are processed. In an event with `redrive` it is not parked again, but returned as a
    failure. When half of the time has passed, the other records are returned, and Lambda delivers them again.
    """
    failed_again = []
    is_late = half_of_the_time()
    for position, record in enumerate(event["Records"]):
        change = record["dynamodb"]
        number = str(change["SequenceNumber"])
        if position and is_late():
            log.warning("no time for all changes: Lambda delivers the rest again", sequence_number=number)
            failed_again.append(number)
            break
        try:
            try:
                do(as_item(change.get("OldImage")), as_item(change.get("NewImage")))
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  an error of one record must not delay the others
                log.exception("a change can't be processed: it is parked", sequence_number=number)
                if event.get("redrive"):
                    failed_again.append(number)
                    continue
                count(Metric.CHANGES_PARKED)
                park(record, type(error).__name__)
        except StoreUnavailable:
            log.exception("a change could not be processed: Lambda delivers it again", sequence_number=number)
            count(Metric.CHANGES_HELD_UP)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed_again]}


def as_item(image: Image | None) -> Image | None:
    """Return an image in the form of the DynamoDB client. In a Lambda event bytes are Base64 text."""
    if image is None:
        return None
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in image.items()
    }
