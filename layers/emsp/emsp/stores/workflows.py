"""Step Functions workflows that wait for a result with a task token."""

from typing import Final

from botocore.exceptions import ClientError

from emsp.stores.client_types import SFNClient
from emsp.stores.table import error_code, store_errors

LONGEST_CAUSE: Final = 32_000
"""The largest number of characters of a cause. Step Functions accepts 32,768."""


class NobodyWaits(Exception):
    """The workflow has ended, its task has timed out, or another answer came first."""


class Workflows:
    """Sends the result to a waiting task. Raises StoreUnavailable and NobodyWaits."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def succeed(self, task_token: str, output: str) -> None:
        """Complete the task. `output` is JSON text."""
        with store_errors("resuming a workflow"):
            try:
                self._client.send_task_success(taskToken=task_token, output=output)
            except ClientError as refused:
                raise _gone(refused) from None

    def fail(self, task_token: str, error: str, cause: str) -> None:
        """Fail the task. `error` is the name that the workflow retries or catches."""
        with store_errors("failing a workflow's task"):
            try:
                self._client.send_task_failure(taskToken=task_token, error=error, cause=cause[:LONGEST_CAUSE])
            except ClientError as refused:
                raise _gone(refused) from None


def _gone(refused: ClientError) -> NobodyWaits | ClientError:
    code = error_code(refused)
    return NobodyWaits(code) if code in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken") else refused
