"""Whether an invocation has the time for one more call to AWS.

A call that can outlast its Lambda is not begun: the Hub gets our 5xx then, and tries again, instead of
waiting for a gateway that has heard nothing.
"""

import time
from collections.abc import Callable
from math import inf
from typing import Protocol

from emsp.patience import AWS_CALL


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


_ends_at = inf


def begin_invocation(context: LambdaContext | None, clock: Callable[[], float] = time.monotonic) -> None:
    """Take note of when this invocation ends; without a context it never does."""
    global _ends_at  # noqa: PLW0603  a Lambda runs one invocation at a time
    _ends_at = inf if context is None else clock() + context.get_remaining_time_in_millis() / 1000


def time_for_a_call(clock: Callable[[], float] = time.monotonic) -> bool:
    """False when a call that begins now could still be under way when the invocation ends."""
    return clock() + AWS_CALL.seconds_at_most <= _ends_at
