"""Log lines and metrics as JSON on stdout, which is all that CloudWatch needs: plain lines, and EMF for
metrics.

Written by hand because the health probe and the receivers pay for every import at a cold start (Powertools
Logger and Metrics: 37 ms). Never pass a credentials token, a header or a body to these functions.
"""

import json
import os
import sys
import time
import traceback
from datetime import UTC, datetime

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}

LogValue = str | int | float | bool | None | list[str] | dict[str, str]

_bound: dict[str, LogValue] = {}


def bind(**fields: LogValue) -> None:
    """Fields for every line from here on, in place of those of the invocation before (one runs at a time)."""
    _bound.clear()
    _bound.update(fields)


def _write(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _log(level: str, message: str, fields: dict[str, LogValue]) -> None:
    if LEVELS[level] < LEVELS.get(os.environ.get("LOG_LEVEL", "INFO").upper(), LEVELS["INFO"]):
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    _write({"timestamp": now, "level": level, "service": _service(), "message": message, **_bound, **fields})


def debug(message: str, **fields: LogValue) -> None:
    _log("DEBUG", message, fields)


def info(message: str, **fields: LogValue) -> None:
    _log("INFO", message, fields)


def warning(message: str, **fields: LogValue) -> None:
    _log("WARNING", message, fields)


def error(message: str, **fields: LogValue) -> None:
    _log("ERROR", message, fields)


def exception(message: str, raised: BaseException, **fields: LogValue) -> None:
    """An error with its class and where it was raised, but without its text: an error's text can quote a
    payload.
    """
    frames = traceback.extract_tb(raised.__traceback__)
    at = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    cause = raised.__cause__
    caused_by = "" if cause is None else type(cause).__name__
    _log("ERROR", message, {"error": type(raised).__name__, "caused_by": caused_by, "at": at, **fields})


def count(metric: str, value: int = 1, **dimensions: str) -> None:
    """One CloudWatch metric in Embedded Metric Format, in the namespace of POWERTOOLS_METRICS_NAMESPACE.

    It is published for the service as a whole, which alarms watch, and for these dimensions within it.
    """
    names = list(dimensions)
    directive = {
        "Namespace": os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "emsp"),
        "Dimensions": [["service"], ["service", *names]] if names else [["service"]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    _write({"_aws": metadata, "service": _service(), **dimensions, metric: value})


def _service() -> str:
    return os.environ.get("POWERTOOLS_SERVICE_NAME") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "emsp")
