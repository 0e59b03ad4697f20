"""Invoke a function again with the stream records that it could not process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from emsp.deadline import Deadline
from emsp.log import log
from emsp.stores.failed_changes import FailedChange, FailedChanges
from emsp.stores.other_functions import FunctionFailed
from emsp.stores.table import StoreUnavailable

TIME_KEPT_S: Final = 330.0
"""No function is invoked when less than this many seconds of the Lambda's time remain, because it may take as
long.
"""


@dataclass(frozen=True)
class RedriveChanges:
    """Redrives failed changes. `call` invokes a function by its ARN or name, and returns its answer."""

    failed: FailedChanges
    call: Callable[[str, dict[str, Any]], dict[str, Any]]

    def __call__(self, deadline: Deadline) -> dict[str, Any]:
        """Return `{"redriven", "left", "complete"}`: the numbers of processed and of failed messages.

        If `complete` is false, there may be more: invoke this again. If a batch fails, its successful records
        are processed again later, which is harmless. Raises StoreUnavailable if the queue can't be read.
        """
        redriven, left = 0, list[FailedChange]()
        complete = False
        while deadline.remaining() > TIME_KEPT_S:
            taken = self.failed.take()
            complete = not taken
            if complete:
                break
            for change in taken:
                if deadline.remaining() > TIME_KEPT_S and self._redrive(change, deadline):
                    redriven += change.key is not None
                else:
                    left.append(change)
        for change in left:
            self.failed.give_back(change)
        return {"redriven": redriven, "left": len(left), "complete": complete}

    def _redriven(self, function: str, event: dict[str, Any], deadline: Deadline) -> bool:
        """Whether the function processed all records.

        If its time was enough for the first records only, it is invoked again with the others.
        """
        records = event["Records"]
        while records:
            answer = self.call(function, {**event, "Records": records, "redrive": True})
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            numbers = [str(each["dynamodb"]["SequenceNumber"]) for each in records]
            first = next((at for at, number in enumerate(numbers) if number in failed), len(records))
            records = records[first:]
            if not first or (records and deadline.remaining() <= TIME_KEPT_S):
                return False
        return True

    def _redrive(self, change: FailedChange, deadline: Deadline) -> bool:
        try:
            found = self.failed.function_and_event(change.key) if change.key else None
            if found is not None and not self._redriven(*found, deadline):
                log.error("changes failed again", key=change.key, function=found[0])
                return False
            self.failed.done(change)
        except (StoreUnavailable, FunctionFailed, KeyError, TypeError, ValueError):
            log.exception("changes can't be redriven", key=change.key)
            return False
        return True
