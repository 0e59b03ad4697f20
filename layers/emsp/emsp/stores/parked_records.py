"""The queue of stream records that could not be dealt with, beside the messages that Lambda itself puts
there.

`{"error": class, "record": the stream record}`. Of a record too large for a message there is only what names
it: event id, stream, sequence number, keys of the item. The stream has it for 24 hours, the table the item.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from emsp.stores.table import store_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGE_BYTES_AT_MOST: Final = 250_000
IMAGES: Final = frozenset({"OldImage", "NewImage"})


class ParkedRecords:
    """Raises StoreUnavailable."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def park(self, record: Mapping[str, Any], error: str) -> None:
        """Keep a record in the form that Lambda hands over; `error` is the class of what went wrong."""
        text = json.dumps({"error": error, "record": record}, default=str)
        if len(text.encode()) > MESSAGE_BYTES_AT_MOST:
            change = {name: value for name, value in record["dynamodb"].items() if name not in IMAGES}
            text = json.dumps({"error": error, "record": {**record, "dynamodb": change}}, default=str)
        with store_errors("parking a change"):
            self._client.send_message(QueueUrl=self._url, MessageBody=text)
