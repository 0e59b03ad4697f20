"""Whether an invocation has enough time for another call to AWS.

A call that may take longer than the time that is left is not made. The Hub then gets our 5xx and tries again.
It does not have to wait for the timeout of the gateway.
"""

from collections.abc import Callable

from emsp.deadline import Deadline, LambdaContext
from emsp.timeouts import AWS_CALL

_ends: Deadline | None = None


def begin_invocation(context: LambdaContext | None) -> None:
    """Record when this invocation ends. Without a context there is no end."""
    global _ends  # noqa: PLW0603  a Lambda runs one invocation at a time
    _ends = None if context is None else Deadline.of_invocation(context)


def half_of_the_time() -> Callable[[], bool]:
    """Return a function that returns whether half of the time that is left now has passed.

    A caller that stops then does not time out, however large the objects are.
    """
    ends = _ends
    half = ends.remaining() / 2 if ends else 0
    return lambda: ends is not None and ends.remaining() < half


def time_for_a_call() -> bool:
    """False if a call that begins now may still run when the invocation ends."""
    return _ends is None or _ends.remaining() >= AWS_CALL.seconds_at_most
