"""Whether the invocation has enough time for another call to AWS.

If a call could take longer, it is not made. Then the Hub gets our 5xx and retries, instead of waiting for the
timeout of the gateway.
"""

from collections.abc import Callable

from emsp.deadline import Deadline, LambdaContext
from emsp.timeouts import AWS_CALL

_ends: Deadline | None = None


def begin_invocation(context: LambdaContext | None) -> None:
    """Record when this invocation ends. Without a context it does not end."""
    global _ends  # noqa: PLW0603  a Lambda runs one invocation at a time
    _ends = None if context is None else Deadline.of_invocation(context)


def half_of_the_time() -> Callable[[], bool]:
    """Return a function that returns True when half of the remaining time has passed.

    A caller that then stops does not time out, even if the objects are large.
    """
    ends = _ends
    half = ends.remaining() / 2 if ends else 0
    return lambda: ends is not None and ends.remaining() < half


def time_for_a_call() -> bool:
    """Return False if a call that begins now could still run when the invocation ends."""
    return _ends is None or _ends.remaining() >= AWS_CALL.seconds_at_most
