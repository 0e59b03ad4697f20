"""The time at which work must end, so that a Lambda can answer before it times out."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


class Deadline(NamedTuple):
    """A time on a clock. By default the clock is the monotonic one."""

    at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    @classmethod
    def of_invocation(cls, context: LambdaContext) -> "Deadline":
        """Return the end of the invocation, by Lambda's clock."""
        return cls(0.0, lambda: -context.get_remaining_time_in_millis() / 1000)

    def remaining(self) -> float:
        """Return the seconds until the deadline, or 0 if it has passed."""
        return max(0.0, self.at - self.clock())
