"""Faults at any call to AWS: refused, answered too late, or the process killed before or after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError


class Fault(StrEnum):
    THROTTLED = "throttled"
    """AWS refuses; nothing is done."""
    NO_ANSWER = "no answer"
    """AWS does it, and its answer never comes."""
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


@dataclass
class Faults:
    """Counts calls to AWS; `decide` says for the number and name of a call what goes wrong with it."""

    decide: Callable[[int, str], Fault | None]
    calls: list[str] = field(default_factory=list)


@contextmanager
def faults(decide: Callable[[int, str], Fault | None]) -> Iterator[Faults]:
    """Every boto3 call in this process asks `decide`."""
    watched = Faults(decide)
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way that all calls take

    def call(client: Any, operation: str, parameters: Any) -> Any:
        fault = watched.decide(len(watched.calls), operation)
        watched.calls.append(operation)
        match fault:
            case None:
                return real(client, operation, parameters)
            case Fault.THROTTLED:
                error: Any = {"Code": "ProvisionedThroughputExceededException", "Message": "Slow down"}
                raise ClientError({"Error": error}, operation)
            case Fault.NO_ANSWER:
                with suppress(ClientError):
                    real(client, operation, parameters)
                raise ReadTimeoutError(endpoint_url="https://aws")
            case Fault.KILLED_BEFORE:
                raise Killed
            case Fault.KILLED_AFTER:
                real(client, operation, parameters)
                raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield watched
