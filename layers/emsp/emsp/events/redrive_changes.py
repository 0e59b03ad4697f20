"""Changes that a stream's reader could not deal with, brought to it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from emsp.log import log
from emsp.stores.failed_changes import FailedChange, FailedChanges
from emsp.stores.other_functions import FunctionFailed
from emsp.stores.table import StoreUnavailable

TIME_KEPT_S: Final = 330.0
"""Left of the Lambda's time when the last function is called: the longest that one may take, and more."""


@dataclass(frozen=True)
class RedriveChanges:
    """The use case. `call` invokes a function by its ARN or name, and returns its answer."""

    failed: FailedChanges
    call: Callable[[str, dict[str, Any]], dict[str, Any]]

    def __call__(self, seconds_left: Callable[[], float]) -> dict[str, Any]:
        """`{"redriven", "left", "complete"}`: messages that were dealt with, and that failed again and stay.
        Not `complete`: there may be more, so invoke it again. Raises StoreUnavailable when the queue can't be
        read.

        What was dealt with before is dealt with once more where its batch failed: each reader allows that.
        """
        redriven, left = 0, list[FailedChange]()
        complete = False
        while seconds_left() > TIME_KEPT_S:
            taken = self.failed.take()
            complete = not taken
            if complete:
                break
            for change in taken:
                if seconds_left() > TIME_KEPT_S and self._dealt_with(change):
                    redriven += change.key is not None
                else:
                    left.append(change)
        for change in left:
            self.failed.give_back(change)
        return {"redriven": redriven, "left": len(left), "complete": complete}

    def _dealt_with(self, change: FailedChange) -> bool:
        try:
            found = self.failed.function_and_event(change.key) if change.key else None
            if found is not None:
                function, event = found
                answer = self.call(function, {**event, "redrive": True})
                if answer["batchItemFailures"]:
                    log.error("changes failed again", key=change.key, function=function)
                    return False
            self.failed.done(change)
        except (StoreUnavailable, FunctionFailed, KeyError, TypeError, ValueError):
            log.exception("changes can't be brought again", key=change.key)
            return False
        return True
