"""When a failed call may be repeated. emsp.timeouts defines how often, and after what pause. Pure."""

from enum import StrEnum

from emsp.hub.errors import Delivery, HubError, MalformedAnswer, Unavailable, UnreadablePage


class Repeatable(StrEnum):
    """When a request may be repeated."""

    ALWAYS = "ALWAYS"
    """A GET: after any fault of the connection or the server."""
    ON_CONNECTION_FAULT = "ON_CONNECTION_FAULT"
    """A real-time authorization: asking twice does no harm, but a server that answers with errors must not
    get more load.
    """
    IF_NEVER_DELIVERED = "IF_NEVER_DELIVERED"
    """A command: only if the Hub certainly did not get it."""


def may_repeat(error: HubError, repeatable: Repeatable) -> bool:
    """Whether such a request may be repeated at once after this failure. Never after rate limits and
    refusals. After a rate limit of the Hub (429), quota.py holds back all callers.
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
