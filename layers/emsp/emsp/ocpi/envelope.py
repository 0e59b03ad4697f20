"""The envelope around every answer (transport and format chapter, response format)."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, MalformedJson, parse_json
from emsp.ocpi.status_codes import StatusCode, is_success


class MalformedEnvelope(ValueError):
    """An answer does not have OCPI's envelope. The message says what is wrong."""


class Envelope(NamedTuple):
    """An answer's envelope, without its timestamp. `data` is None if there was none."""

    data: JsonValue
    status_code: int
    status_message: str | None

    @property
    def is_success(self) -> bool:
        return is_success(self.status_code)


def envelope(
    data: JsonValue = None,
    status_code: int = StatusCode.SUCCESS,
    status_message: str | None = None,
    *,
    now: datetime,
) -> JsonObject:
    """Return the envelope to send. `now` is an aware datetime.

    It always has all four fields, with null for missing `data`. In the specification `data` and
    `status_message` are optional, but some clients require them.
    """
    return {
        "data": data,
        "status_code": int(status_code),
        "status_message": status_message or ("Success" if is_success(status_code) else "Error"),
        "timestamp": write_datetime(now),
    }


def parse_envelope(raw: bytes) -> Envelope:
    """Return the envelope of an answer.

    Raises MalformedEnvelope unless the body is a JSON object with a numeric `status_code`. Nothing else is
    required: if the timestamp is missing or the message is odd, the status is still used.
    """
    try:
        answer = parse_json(raw)
    except MalformedJson as error:
        raise MalformedEnvelope(f"the answer can't be read: {error}") from None
    if not isinstance(answer, dict):
        raise MalformedEnvelope("the answer is not a JSON object, so it has no status_code")
    status_message = answer.get("status_message")
    return Envelope(
        data=answer.get("data"),
        status_code=_status_code(answer),
        status_message=None if status_message is None else str(status_message),
    )


def _status_code(answer: JsonObject) -> int:
    match answer.get("status_code"):
        case bool():
            pass
        # Compared first, because arithmetic with a number such as 1E+999999999 raises an error, or never
        # ends.
        case int() | Decimal() as number if 0 <= number < 10_000 and number == int(number):
            return int(number)
        case str(text) if len(text) == 4 and text.isascii() and text.isdigit():
            return int(text)
        case None:
            raise MalformedEnvelope("the answer has no status_code")
    raise MalformedEnvelope("the answer's status_code is not a whole number")
