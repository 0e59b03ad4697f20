"""The SQS queue that invokes expire_command after a delay. A message is `{"command_id"}`."""

import json
import math
from typing import Final

from emsp.stores.client_types import SQSClient
from emsp.stores.table import store_errors

LONGEST_DELAY_S: Final = 900
"""The longest delay of SQS. If a command expires later, expire_command sends the message again."""


class ExpiryQueue:
    """Sends these messages. Raises StoreUnavailable."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def wake_after(self, command_id: str, delay_s: float) -> None:
        """Invoke expire_command after this many seconds, rounded up, at most LONGEST_DELAY_S."""
        with store_errors(f"scheduling the time limit of command {command_id}"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=json.dumps({"command_id": command_id}),
                DelaySeconds=min(LONGEST_DELAY_S, max(0, math.ceil(delay_s))),
            )
