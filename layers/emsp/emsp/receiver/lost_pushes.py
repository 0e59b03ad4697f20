"""Which refusals lose a push, so that the Hub does not send it again and we store nothing of it."""

from typing import Final

from emsp.receiver.errors import Forbidden, MethodNotAllowed, RequestError, Unauthenticated, UnknownPath

PUSHES: Final = ("PUT", "PATCH", "POST")
PUSHED_TO: Final = ("/ocpi/2.2.1/sessions/", "/ocpi/2.2.1/cdrs", "/ocpi/2.2.1/commands/")
BY_WHOM_WE_KNOW: Final = (Forbidden, MethodNotAllowed, UnknownPath)
"""These are raised after authentication. A stranger's request to any path ends as Unauthenticated."""


def is_lost(error: RequestError, method: str, route: str) -> bool:
    """Whether this refusal loses a push that `method` made to `route`, which is API Gateway's resource.

    All other refused pushes are stored for replay, or their sender is asked for another push (UnknownObject).
    """
    if method not in PUSHES:
        return False
    if isinstance(error, Unauthenticated):
        return route.startswith(PUSHED_TO)
    return isinstance(error, BY_WHOM_WE_KNOW)
