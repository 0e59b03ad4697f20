"""The logger of Powertools, and what it must never log.

Each line is JSON, with the keys of its invocation. Never log a credentials token, a header, a body or a
driver's token uid (use `masked`).
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
    """Logs an error with its class and traceback, but without its text and notes, because they may quote a
    payload.
    """

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
"""LOG_LEVEL sets the level, and POWERTOOLS_SERVICE_NAME the service."""

# In JSON mode Lambda sets one level for all loggers, and Powertools prefers it to LOG_LEVEL. Lambda's level
# must be INFO or lower, or the metrics are lost. But at DEBUG, libraries log requests with their secrets. So
# LOG_LEVEL is applied here, and other loggers have the level WARNING.
logging.disable(logging.getLevelNamesMapping()[os.environ.get("LOG_LEVEL", "DEBUG")] - 1)
logging.getLogger().setLevel(logging.WARNING)


_invocations: Final = count()


def new_invocation(**keys: object) -> None:
    """Replace the log keys of the previous invocation with `keys`.

    A process runs one invocation at a time. Its first invocation also gets `cold_start`.
    """
    log.clear_state()
    if next(_invocations) == 0:
        log.append_keys(cold_start=True)
    log.append_keys(**keys)


def masked(uid: str) -> str:
    """Return a driver's token uid for logs: enough of it to compare it with a known uid, and no more."""
    return f"…{uid[-4:]}" if len(uid) > 8 else "…"
