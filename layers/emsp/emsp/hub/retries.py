"""When a failed call may be made again; how often, and after what pause, is in emsp.patience. Pure."""

from enum import StrEnum

from emsp.hub.errors import Delivery, HubError, MalformedAnswer, Unavailable, UnreadablePage


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


def may_repeat(error: HubError, repeatable: Repeatable) -> bool:
    """Whether this failure of such a request allows another try at once (rate limits and refusals never
    do).
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
