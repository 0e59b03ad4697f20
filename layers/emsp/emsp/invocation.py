"""What our own services send when they invoke a function: JSON objects, read field by field with errors
that help.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Protocol, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from emsp.hub.deadline import Deadline
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId

TIME_TO_ANSWER_S: Final = 1.5
"""Kept of the Lambda's remaining time for storing and answering after the Hub was called."""

DEFAULT_WAIT_S: Final = 2.0
LONGEST_ID: Final = 128


class InvalidInvocation(ValueError):
    """The payload of an invocation can't be used; nothing was done. The message names the field and what it
    must be.
    """


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


def payload_of(event: object) -> JsonObject:
    """What a function was invoked with. Raises InvalidInvocation for JSON that is no object."""
    if not isinstance(event, dict):
        raise InvalidInvocation("the payload must be a JSON object: this function reads named fields")
    return cast("JsonObject", event)


def answer(value: Mapping[str, JsonValue]) -> dict[str, Any]:
    """`value` as every Lambda runtime can write it: without a Decimal.

    A Decimal becomes the float that is written as the same number (8.10 becomes 8.1). One that no float says
    exactly (more than 17 digits, or out of range) becomes a string, digit by digit: no digit is ever lost.
    """
    return {name: _plain(member) for name, member in value.items()}


def _plain(value: JsonValue) -> Any:  # noqa: ANN401  JSON with floats, for which there is no type here
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, dict):
        return answer(value)
    return value


def deadline_of(context: LambdaContext) -> Deadline:
    """When calls must be over, so that this invocation can still answer."""
    return Deadline.after(max(0.0, context.get_remaining_time_in_millis() / 1000 - TIME_TO_ANSWER_S))


def text(payload: Mapping[str, JsonValue], name: str, longest: int) -> str:
    """A required, non-empty string. Raises InvalidInvocation."""
    value = optional_text(payload, name, longest)
    if value is None:
        raise InvalidInvocation(f"{name} is missing: give a string of at most {longest} characters")
    return value


def optional_text(payload: Mapping[str, JsonValue], name: str, longest: int) -> str | None:
    """A string, or None where there is none (null counts as none). Raises InvalidInvocation."""
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise InvalidInvocation(f"{name} must be a string of 1 to {longest} characters")
    return value


def optional_id(payload: Mapping[str, JsonValue], name: str) -> str | None:
    """As optional_text, for what becomes a header: printable ASCII only."""
    value = optional_text(payload, name, LONGEST_ID)
    if value is not None and not (value.isascii() and value.isprintable()):
        raise InvalidInvocation(f"{name} must be printable ASCII: it is sent as a header")
    return value


def receiving_party(payload: Mapping[str, JsonValue]) -> PartyId | None:
    """The CPO in `to`, `{"country_code", "party_id"}`, or None. Raises InvalidInvocation."""
    value = payload.get("to")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidInvocation('to must be the CPO, {"country_code": "IN", "party_id": "ABC"}')
    country_code, party_id = text(value, "country_code", 2), text(value, "party_id", 3)
    if len(country_code) != 2 or len(party_id) != 3 or not (country_code + party_id).isalnum():
        raise InvalidInvocation("to must have a country_code of 2 and a party_id of 3 letters or digits")
    if not (country_code + party_id).isascii():
        raise InvalidInvocation("to must be ASCII: it is sent as a header")
    return PartyId(country_code, party_id)


def longest_wait_s(payload: Mapping[str, JsonValue]) -> float:
    """`max_wait_s`: how long to wait for the quota, in seconds. Raises InvalidInvocation.

    Unless given it is DEFAULT_WAIT_S: a burst that the limit allows never waits, a place that is about to be
    free is worth waiting for, and whoever would have to wait longer is told so at once.
    """
    value = payload.get("max_wait_s", DEFAULT_WAIT_S)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 900:
        raise InvalidInvocation("max_wait_s must be a number of seconds between 0 and 900")
    return float(value)


def refuse_unknown_fields(payload: JsonObject, known: frozenset[str]) -> None:
    """A misspelt field must not be ignored in silence. Raises InvalidInvocation."""
    unknown = sorted(set(payload) - known)
    if unknown:
        raise InvalidInvocation(f"unknown field {unknown[0]!r}: known are {', '.join(sorted(known))}")


def read_payload[M: BaseModel](model: type[M], payload: Mapping[str, JsonValue]) -> M:
    """The payload as `model` has it. Raises InvalidInvocation, which names every field and what it must
    be.
    """
    try:
        return model.model_validate(dict(payload))
    except ValidationError as error:
        problems = [_problem(model, details) for details in error.errors(include_url=False)]
        raise InvalidInvocation("; ".join(dict.fromkeys(problems))) from None


_MUST_BE: Final = {
    "model_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a string",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "missing": "is missing",
    "string_too_short": "must not be empty",
    "string_too_long": "has more than {max_length} characters",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "enum": "can't be {input!r}: it is one of {expected}",
}
"""What pydantic's types of errors mean; where one is not here, its own message says it."""


def _problem(model: type[BaseModel], details: ErrorDetails) -> str:
    path = ".".join(str(step) for step in details["loc"])
    if details["type"] == "extra_forbidden":
        return f"unknown field {path!r}: known are {', '.join(sorted(model.model_fields))}"
    told = _MUST_BE.get(details["type"], details["msg"].removeprefix("Value error, "))
    context = details.get("ctx", {}) | {"input": details["input"]}
    return f"{path} {told.format_map(context)}".strip() if details["type"] in _MUST_BE else told
