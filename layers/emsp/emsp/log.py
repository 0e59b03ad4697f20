"""The one logger, Powertools', and what it must never tell.

Every line is JSON and carries the keys of the invocation that it belongs to. Never pass a credentials token,
a header, a body or a driver's token uid (see `masked`).
"""

import logging
import os
import sys
import traceback
from itertools import count
from types import TracebackType
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutErrorTexts(LambdaPowertoolsFormatter):
    """Tells an error by its class and where it was raised: its text and its notes can quote a payload."""

    def formatException(self, exc_info: ExceptionInfo) -> str:  # noqa: N802  logging's name
        raised = exc_info[1]
        if raised is None:
            return ""
        frames = traceback.extract_tb(raised.__traceback__)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        if raised.__cause__ is not None:
            places.append(f"caused by {type(raised.__cause__).__name__}")
        return "\n".join(places)

    def serialize(self, log: Any) -> str:  # noqa: ANN401  Powertools' own type of a line is private
        log.pop("exception_notes", None)
        return super().serialize(log)


log: Final = Logger(
    stream=sys.stdout,
    logger_formatter=WithoutErrorTexts(utc=True, use_rfc3339=True, serialize_stacktrace=False),
)
"""Level and service come from LOG_LEVEL and POWERTOOLS_SERVICE_NAME."""

# With JSON for its own lines Lambda sets a level for all loggers, and Powertools puts that before LOG_LEVEL.
# It has to be INFO at least, or the lines of the metrics are lost; and at DEBUG libraries tell requests, with
# the secrets in them.
logging.disable(logging.getLevelNamesMapping()[os.environ.get("LOG_LEVEL", "DEBUG")] - 1)
logging.getLogger().setLevel(logging.WARNING)


_invocations: Final = count()


def new_invocation(**keys: object) -> None:
    """Keys for every line from here on, in place of those of the invocation before (one runs at a time).
    Those of a process's first one have `cold_start`.
    """
    log.clear_state()
    if next(_invocations) == 0:
        log.append_keys(cold_start=True)
    log.append_keys(**keys)


def masked(uid: str) -> str:
    """A driver's token uid as it may stand in a line: enough to compare with one that is known, no more."""
    return f"…{uid[-4:]}" if len(uid) > 8 else "…"
