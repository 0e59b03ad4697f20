"""The envelope around every answer (transport and format chapter, response format)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from emsp.ocpi.datetimes import parse_datetime, write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, MalformedJson, parse_json
from emsp.ocpi.status_codes import StatusCode, is_success


class MalformedEnvelope(ValueError):
    """An answer is not enveloped as OCPI demands; the message says what is wrong with it."""


@dataclass(frozen=True)
class Envelope:
    """What an answer said. `data` is None when there was none; `timestamp` is None when it was missing or
    unreadable.
    """

    data: JsonValue
    status_code: int
    status_message: str | None
    timestamp: datetime | None

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
    """The answer to send. `now` is an aware datetime.

    All four fields are there, `data` as null where there is none: the specification lets `data` and
    `status_message` be left out, and clients whose models demand them exist.
    """
    return {
        "data": data,
        "status_code": int(status_code),
        "status_message": status_message or ("Success" if is_success(status_code) else "Error"),
        "timestamp": write_datetime(now),
    }


def parse_envelope(raw: bytes) -> Envelope:
    """What an answer's body says. Raises `MalformedEnvelope` when it is no JSON object with a numeric
    `status_code`.

    Nothing else is demanded: a missing timestamp or an odd message must not hide what happened.
    """
    try:
        answer = parse_json(raw)
    except MalformedJson as error:
        raise MalformedEnvelope(f"the answer can't be read: {error}") from None
    if not isinstance(answer, dict):
        raise MalformedEnvelope("the answer is no JSON object, so it has no status_code")
    status_message = answer.get("status_message")
    return Envelope(
        data=answer.get("data"),
        status_code=_status_code(answer),
        status_message=None if status_message is None else str(status_message),
        timestamp=_timestamp(answer.get("timestamp")),
    )


def _status_code(answer: JsonObject) -> int:
    match answer.get("status_code"):
        case bool():
            pass
        # Compared first: calculating with a number such as 1E+999999999 raises, or takes for ever.
        case int() | Decimal() as number if 0 <= number < 10_000 and number == int(number):
            return int(number)
        case str(text) if len(text) == 4 and text.isascii() and text.isdigit():
            return int(text)
        case None:
            raise MalformedEnvelope("the answer has no status_code")
    raise MalformedEnvelope("the answer's status_code is no whole number")


def _timestamp(text: JsonValue) -> datetime | None:
    try:
        return parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
