"""Why a request from the Hub is not answered with 1000, and what it is answered with instead.

This is the one place where an error becomes an HTTP status and an OCPI status code. Messages go to the Hub:
they name the field and the remedy, never our insides. Numbers: OCPI 2.2.1 "Status codes"; 2002 and 2003 as
the Hub documents them.
"""

from http import HTTPStatus

from emsp.ocpi.status_codes import StatusCode


class RequestError(Exception):
    """A request that is refused. `str(error)` is the status_message."""

    http_status: int = HTTPStatus.OK
    status_code: int = StatusCode.CLIENT_ERROR

    def __init__(self, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers or {}


class Unauthenticated(RequestError):
    """The credentials token is missing, unknown or revoked."""

    http_status = HTTPStatus.UNAUTHORIZED
    status_code = 2002


class Forbidden(RequestError):
    """The token is ours, and was not issued for this (`access.py`)."""

    http_status = HTTPStatus.FORBIDDEN
    status_code = 2002


class TooManyPushes(RequestError):
    """One CPO's pushes are beyond the operator's limit; the sender tries again."""

    http_status = HTTPStatus.TOO_MANY_REQUESTS
    status_code = StatusCode.SERVER_ERROR


class UnknownPath(RequestError):
    http_status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(RequestError):
    """The path exists, the method does not."""

    http_status = HTTPStatus.METHOD_NOT_ALLOWED


class TooLarge(RequestError):
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnknownObject(RequestError):
    """We hold no such object: the sender can PUT or POST it."""

    http_status = HTTPStatus.NOT_FOUND
    status_code = 2003


class MalformedBody(RequestError):
    """The body is not JSON."""

    http_status = HTTPStatus.BAD_REQUEST
    status_code = 2001


class InvalidPush(RequestError):
    """JSON that is not the object it should be: it can't be identified, ordered or billed, or is not
    for us.
    """

    status_code = 2001


class ContradictingObject(RequestError):
    """An object that may never change was sent again with different content."""

    status_code = 2001


class ClientUnusable(RequestError):
    """We could not call the sender's own API back."""

    status_code = 3001


class MissingEndpoints(RequestError):
    """The sender's API lacks endpoints that we need."""

    status_code = 3003
