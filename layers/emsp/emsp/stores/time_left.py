"""Whether an invocation has enough time for another call to AWS.

A call that may take longer than the Lambda has left is not made. The Hub then gets our 5xx and tries again,
and does not wait for a gateway timeout.
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
    """Record when this invocation ends. Without a context it never ends."""
    global _ends_at  # noqa: PLW0603  a Lambda runs one invocation at a time
    _ends_at = inf if context is None else clock() + context.get_remaining_time_in_millis() / 1000


def time_for_a_call(clock: Callable[[], float] = time.monotonic) -> bool:
    """False if a call that begins now may still run when the invocation ends."""
    return clock() + AWS_CALL.seconds_at_most <= _ends_at
