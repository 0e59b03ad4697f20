"""Changes that could not be published, published again: from the messages that they became, or from the
stream itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

from emsp.events.publish_changes import PublishChanges
from emsp.log import log
from emsp.stores.table import StoreUnavailable
from emsp.stores.unpublished import UnpublishedMessage, UnpublishedQueue, records_between

ROUNDS_AT_MOST = 50


def redrive(queue: UnpublishedQueue, streams: Callable[[], Any], publisher: PublishChanges) -> dict[str, Any]:
    """Publish what the queue holds. Returns the numbers of messages `published` and `left` in the queue.

    A message leaves the queue only after all that it stands for was taken by the bus; event ids stay what
    they were. Raises StoreUnavailable when the queue can't be read.
    """
    published, left = 0, 0
    for _ in range(ROUNDS_AT_MOST):
        messages = queue.take()
        if not messages:
            break
        for message in messages:
            if _publish(message, streams, publisher):
                queue.done(message)
                published += 1
            else:
                left += 1
    return {"published": published, "left": left}


def _publish(message: UnpublishedMessage, streams: Callable[[], Any], publisher: PublishChanges) -> bool:
    try:
        records = list(_records(message, streams))
        return not publisher.publish(records, park_failures=False)
    except (StoreUnavailable, KeyError, TypeError, ValueError):
        log.exception("a message of unpublished changes can't be redriven: it stays")
        return False


def _records(message: UnpublishedMessage, streams: Callable[[], Any]) -> Iterator[dict[str, Any]]:
    record = message.document.get("record")
    if record is not None:
        yield record
        return
    info = message.document["DDBStreamBatchInfo"]
    yield from records_between(
        streams(), info["streamArn"], info["shardId"], info["startSequenceNumber"], info["endSequenceNumber"]
    )
