"""When a failed call may be repeated. emsp.timeouts has the number of retries and their pauses. Without
I/O.
"""

from enum import StrEnum

from emsp.hub.errors import Delivery, HubError, MalformedAnswer, Unavailable, UnreadablePage


class Repeatable(StrEnum):
    """When a request may be repeated."""

    ALWAYS = "ALWAYS"
    """For a GET: after any error of the connection or the server."""
    ON_CONNECTION_FAULT = "ON_CONNECTION_FAULT"
    """For a real-time authorization: repeating it is harmless, but a server that answers with errors must not
    get more load.
    """
    IF_NEVER_DELIVERED = "IF_NEVER_DELIVERED"
    """For a command: only if the Hub certainly did not receive it."""


def may_repeat(error: HubError, repeatable: Repeatable) -> bool:
    """Whether a request may be repeated at once after this error. It may not after a rate limit or a
    refusal.
    """
    if not isinstance(error, (Unavailable, MalformedAnswer)) or isinstance(error, UnreadablePage):
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
