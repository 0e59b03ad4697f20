"""OCPI's envelope for every answer, and the Hub's refusals."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.hub_simulator.http_server import Response


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def timestamp(at: datetime) -> str:
    """An OCPI DateTime with Z, with milliseconds unless they are zero."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"


def parse_timestamp(text: str) -> datetime:
    """An OCPI DateTime in any form of ISO 8601; UTC without a zone. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def dump(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def success(data: Any, headers: dict[str, str] | None = None) -> Response:
    """HTTP 200 with status_code 1000."""
    return encoded_success(dump(data), headers)


def encoded_success(data: bytes, headers: dict[str, str] | None = None) -> Response:
    """A success whose data is JSON text already."""
    tail = dump({"status_code": 1000, "status_message": "Success", "timestamp": timestamp(now())})
    return Response(200, b'{"data":' + data + b"," + tail[1:], headers or {})


class Refusal(Exception):
    """A refusal by the Hub: an OCPI status code, and the HTTP status that the specification gives it."""

    def __init__(
        self, status_code: int, message: str, http_status: int, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.http_status = http_status
        self.headers = headers or {}

    def response(self, *, as_http_200: bool) -> Response:
        """The answer. HTTP statuses 401, 405 and 429 are kept, even if other refusals use 200."""
        status = 200 if as_http_200 and self.http_status not in (401, 405, 429) else self.http_status
        body = {
            "status_code": self.status_code,
            "status_message": self.message,
            "timestamp": timestamp(now()),
        }
        return Response(status, dump(body), dict(self.headers))


def bad_parameters(message: str) -> Refusal:
    """2001: something in the request is missing or wrong."""
    return Refusal(2001, message, 400)


def not_found(message: str) -> Refusal:
    """2003, which the Hub uses for everything that it does not find."""
    return Refusal(2003, message, 404)


def forbidden(message: str) -> Refusal:
    """2000: the caller may not do this."""
    return Refusal(2000, message, 403)
