"""Which rejections lose a push: the Hub does not send it again, and we do not store it."""

from typing import Final

from emsp.receiver.errors import Forbidden, MethodNotAllowed, RequestError, Unauthenticated, UnknownPath

PUSHES: Final = ("PUT", "PATCH", "POST")
PUSHED_TO: Final = ("/ocpi/2.2.1/sessions/", "/ocpi/2.2.1/cdrs", "/ocpi/2.2.1/commands/")
BY_WHOM_WE_KNOW: Final = (Forbidden, MethodNotAllowed, UnknownPath)
"""The rejections after authentication. Any request of a stranger ends as Unauthenticated."""


def is_lost(error: RequestError, method: str, route: str) -> bool:
    """Whether this rejection loses a push. `route` is the resource of API Gateway.

    Any other rejected push is stored for replay, or the sender has to send another one (UnknownObject).
    """
    if method not in PUSHES:
        return False
    if isinstance(error, Unauthenticated):
        return route.startswith(PUSHED_TO)
    return isinstance(error, BY_WHOM_WE_KNOW)
