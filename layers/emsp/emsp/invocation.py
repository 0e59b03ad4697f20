"""Payloads and answers of the functions that our own services invoke. Errors say what to do.

Each function defines its payload in its wing. This file has what they share.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, Final, cast, get_args
from uuid import uuid4

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails

from emsp.deadline import Deadline, LambdaContext
from emsp.log import log, new_invocation
from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.ids import ID_CHARACTERS_AT_MOST
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.parties import PartyId

TIME_TO_ANSWER_S: Final = 1.5
"""The part of the Lambda's time, in seconds, that is reserved for storing and answering after a call to the
Hub.
"""

SPACING_S: Final = 2.0
LONGEST_ID: Final = 128
PROBLEMS_AT_MOST: Final = 10
NAME_AT_MOST: Final = 100
"""The largest number of characters of a name or value in an error. Lambda and Step Functions reject an error
that is too long.
"""


class InvalidInvocation(ValueError):
    """The payload is invalid, and nothing was done. The message names the field, and says what it must be."""


def payload_of(event: object) -> JsonObject:
    """Return the payload of an invocation. Raises InvalidInvocation unless it is a JSON object."""
    if not isinstance(event, dict):
        raise InvalidInvocation("the payload must be a JSON object: this function reads named fields")
    payload = cast("JsonObject", event)
    correlation_id = payload.get("correlation_id")
    if isinstance(correlation_id, str) and correlation_id.isprintable():
        log.append_keys(correlation_id=correlation_id[:LONGEST_ID])
    log.debug("invoked", fields=sorted(payload)[:PROBLEMS_AT_MOST])
    return payload


def invocation_handler[**P, R](handler: Callable[P, R]) -> Callable[P, R]:
    """Decorate the handler of a function that our own services invoke.

    The log keys of the previous invocation are removed. The text of our own errors ends with a line of JSON:
    `error` (the class) and its `data`. Lambda returns the text as `errorMessage`, and Step Functions as the
    Cause, so callers can read values such as the seconds to wait.
    """

    @wraps(handler)
    def handling(*args: P.args, **kwargs: P.kwargs) -> R:
        new_invocation()
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            kind = type(error)
            if kind.__module__.startswith("emsp."):
                shown = {"error": kind.__name__, **getattr(error, "data", {})}
                error.args = (f"{error}\n{json.dumps(shown)}",)
            raise

    return handling


def answer(value: Mapping[str, JsonValue]) -> dict[str, Any]:
    """Return `value` in a form that every Lambda runtime can serialize.

    A Decimal becomes the float of the same number (8.10 becomes 8.1). If there is no such float (more than 17
    digits, or out of range), it becomes a string with all digits.
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
    """Return the time at which calls must end, so that this invocation can still answer."""
    return Deadline.after(Deadline.of_invocation(context).remaining() - TIME_TO_ANSWER_S)


def _printable(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("must be printable ASCII: it is sent as a header")
    return text


def _or_a_new_one(value: object) -> object:
    return str(uuid4()) if value is None else value


def in_upper_case(value: object) -> object:
    """Return a text in upper case, and any other value unchanged. For a BeforeValidator."""
    return value.upper() if isinstance(value, str) else value


class Payload(BaseModel):
    """The base class of payloads. Unknown fields are rejected, so that a misspelt field is not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


type ObjectId = Annotated[str, Field(min_length=1, max_length=ID_CHARACTERS_AT_MOST, pattern=r"\S")]
"""The id of an OCPI object or of a token. It has the same limit as in pushes."""

HeaderText = Annotated[str, AfterValidator(_printable)]
CorrelationId = Annotated[
    HeaderText,
    BeforeValidator(_or_a_new_one),
    Field(min_length=1, max_length=LONGEST_ID, default_factory=lambda: str(uuid4())),
]
"""The X-Correlation-ID of the call to the Hub. By default it is a new UUID."""

MaxWait = Annotated[float, Field(strict=True, ge=0, le=900, allow_inf_nan=False)]
"""`max_wait_s`: the longest wait for a place in the Hub's quota, in seconds. Default: SPACING_S.

A call that would wait longer fails at once.
"""

Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value), Field(strict=True)]
"""A boolean. null is false."""


def _moment(value: object) -> object:
    return parse_datetime(value) if isinstance(value, str) else value


type Moment = Annotated[AwareDatetime, BeforeValidator(_moment), Field(strict=True)]
"""A time, in any form that OCPI peers use."""


class Owned(Payload):
    """The CPO that owns an object."""

    country_code: Annotated[str, Field(min_length=2, max_length=2)]
    party_id: Annotated[str, Field(min_length=1, max_length=3)]

    @property
    def party(self) -> PartyId:
        return PartyId(self.country_code, self.party_id)


class OwnedObject(Owned):
    """An object of a CPO."""

    id: ObjectId

    @property
    def key(self) -> str:
        return self.party.key_of(self.id)


class ReceivingParty(Payload):
    """The CPO that receives the call: `{"country_code": "IN", "party_id": "ABC"}`."""

    country_code: Annotated[str, Field(pattern="^[A-Za-z]{2}$")]
    party_id: Annotated[str, Field(pattern=r'^[!"$-~]{1,3}$')]

    @property
    def party(self) -> PartyId:
        return PartyId(self.country_code, self.party_id)


def read_payload[M: BaseModel](model: type[M], payload: Mapping[str, JsonValue]) -> M:
    """Return the payload as `model`.

    Raises InvalidInvocation. Its message names each invalid field, and says what it must be.
    """
    try:
        return model.model_validate(dict(payload))
    except ValidationError as error:
        found = error.errors(include_url=False)[:PROBLEMS_AT_MOST]
        # The log does not have the values: one may be a driver's token, or one of ours.
        log.warning(
            "refused", outcome="refused", problems=[f"{_path(each)} {each['type']}" for each in found]
        )
        problems = [_problem(model, details) for details in found]
        more = error.error_count() - len(found)
        shown = [*dict.fromkeys(problems), *([f"{more} more like these"] if more else [])]
        raise InvalidInvocation("; ".join(shown)) from None


_MUST_BE: Final = {
    "model_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a string",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "missing": "is missing",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be one of {expected}",
    "tuple_type": "must be a list",
    "string_too_short": "must not be empty",
    "string_too_long": "has more than {max_length} characters",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "enum": "can't be {input!r}: it is one of {expected}",
}
"""The messages for pydantic's types of errors. Other types have pydantic's message."""


def _known_fields(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the names of the fields that `model` has at this path of the payload."""
    for step in path:
        field = next((each for name, each in model.model_fields.items() if step in (name, each.alias)), None)
        model = (field and _model_in(field.annotation)) or model
    return sorted(each.alias or name for name, each in model.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401  # any annotation
    """Return the model in the annotation of a field, which may be optional or a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _path(details: ErrorDetails) -> str:
    return ".".join(str(step) for step in details["loc"])[:NAME_AT_MOST]


def _problem(model: type[BaseModel], details: ErrorDetails) -> str:
    path = _path(details)
    if details["type"] == "extra_forbidden":
        return f"unknown field {path!r}: known are {', '.join(_known_fields(model, details['loc'][:-1]))}"
    if details["type"] not in _MUST_BE:
        shown = details["msg"].removeprefix("Value error, ")
        return f"{path} {shown}".strip()
    context = details.get("ctx", {}) | {"input": str(details["input"])[:NAME_AT_MOST]}
    return f"{path} {_MUST_BE[details['type']].format_map(context)}"
