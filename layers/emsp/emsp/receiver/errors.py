"""The errors with which a request from the Hub is rejected, and the answer for each.

Only this file maps an error to an HTTP status and an OCPI status code. The messages go to the Hub: they name
the field and what to do, and nothing internal. The status codes are those of OCPI 2.2.1, status_codes; 2002
and 2003 have the Hub's meaning.
"""

from http import HTTPStatus

from emsp.ocpi.status_codes import StatusCode


class RequestError(Exception):
    """Rejects a request. `str(error)` becomes the status_message."""

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
    """The token is ours, but its kind may not use this route or method (`access.py`)."""

    http_status = HTTPStatus.FORBIDDEN
    status_code = 2002


class TooManyPushes(RequestError):
    """A CPO pushes more often than the operator's limit allows. The sender has to try again later."""

    http_status = HTTPStatus.TOO_MANY_REQUESTS
    status_code = StatusCode.SERVER_ERROR


class UnknownPath(RequestError):
    http_status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(RequestError):
    """The path exists, but the method does not."""

    http_status = HTTPStatus.METHOD_NOT_ALLOWED


class TooLarge(RequestError):
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnknownObject(RequestError):
    """We store no such object. The sender can PUT or POST it."""

    http_status = HTTPStatus.NOT_FOUND
    status_code = 2003


class MalformedBody(RequestError):
    """The body is not JSON."""

    http_status = HTTPStatus.BAD_REQUEST
    status_code = 2001


class InvalidPush(RequestError):
    """The body is JSON, but no usable object: we can't identify, order or bill it, or it is for another
    party.
    """

    status_code = 2001


class ContradictingObject(RequestError):
    """The sender sent an immutable object again with different content."""

    status_code = 2001


class ClientUnusable(RequestError):
    """We cannot call the sender's own API."""

    status_code = 3001


class MissingEndpoints(RequestError):
    """The sender's API lacks endpoints that we need."""

    status_code = 3003
