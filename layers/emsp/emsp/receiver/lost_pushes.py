"""Which refusals lose a push: the Hub does not send it again, and we keep nothing of it."""

from typing import Final

from emsp.receiver.errors import Forbidden, MethodNotAllowed, RequestError, Unauthenticated, UnknownPath

PUSHES: Final = ("PUT", "PATCH", "POST")
PUSHED_TO: Final = ("/ocpi/2.2.1/sessions/", "/ocpi/2.2.1/cdrs", "/ocpi/2.2.1/commands/")
BY_WHOM_WE_KNOW: Final = (Forbidden, MethodNotAllowed, UnknownPath)
"""Raised when the token was found good: a stranger's request to any path ends as Unauthenticated."""


def is_lost(error: RequestError, method: str, route: str) -> bool:
    """Whether `method` pushed something to `route`, API Gateway's resource, that is lost by this refusal.

    Other refusals are kept for replay, or ask for another push (UnknownObject).
    """
    if method not in PUSHES:
        return False
    if isinstance(error, Unauthenticated):
        return route.startswith(PUSHED_TO)
    return isinstance(error, BY_WHOM_WE_KNOW)
