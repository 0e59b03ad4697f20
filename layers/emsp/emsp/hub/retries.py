"""When a failed call may be made again, and how long to wait before. Pure."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from emsp.hub.errors import Delivery, HubError, MalformedAnswer, Unavailable

FIRST_BACKOFF_S: Final = 0.2
LONGEST_BACKOFF_S: Final = 3.0


class Repeatable(StrEnum):
    """What a request bears."""

    ALWAYS = "ALWAYS"
    """A GET: repeat it after any fault of transport or server."""
    ON_CONNECTION_FAULT = "ON_CONNECTION_FAULT"
    """A real-time authorization: asking twice does no harm, but never pile up on a server that answers
    errors.
    """
    IF_NEVER_DELIVERED = "IF_NEVER_DELIVERED"
    """A command: only when the Hub certainly did not get it."""


@dataclass(frozen=True)
class RetryPolicy:
    """Tries in all, and the longest wait between them."""

    tries: int = 3
    first_backoff_s: float = FIRST_BACKOFF_S
    longest_backoff_s: float = LONGEST_BACKOFF_S

    def backoff_s(self, failed_tries: int) -> float:
        """Full jitter: anything between nothing and the exponential bound, so that callers spread out."""
        bound = min(self.longest_backoff_s, self.first_backoff_s * 2 ** (failed_tries - 1))
        return random.uniform(0, bound)  # noqa: S311 - spreads load, guards nothing


def may_repeat(error: HubError, repeatable: Repeatable) -> bool:
    """Whether this failure of such a request allows another try at once (rate limits and refusals never
    do).
    """
    if not isinstance(error, (Unavailable, MalformedAnswer)):
        return False
    if error.delivery is Delivery.NEVER:
        return True
    match repeatable:
        case Repeatable.ALWAYS:
            return error.delivery is Delivery.UNKNOWN
        case Repeatable.ON_CONNECTION_FAULT:
            return error.delivery is Delivery.UNKNOWN and error.http_status is None
        case Repeatable.IF_NEVER_DELIVERED:
            return False
