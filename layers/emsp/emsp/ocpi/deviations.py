"""Find where a JSON value violates the specification. Also the error for a value that can't be read."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from emsp.ocpi.json_text import JsonValue, dump_json
from emsp.ocpi.types.members import Findings

MAX_VALUE_LENGTH = 200

_PROBLEMS = {
    "string_too_long": "has more than {max_length} characters",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "does not match {pattern}",
    "string_type": "is not a string",
    "int_type": "is not a whole number",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "bool_type": "is not true or false",
    "bool_parsing": "is not true or false",
    "tuple_type": "is not a list",
    "too_short": "is an empty list",
    "model_type": "is not an object",
    "enum": "is none of {expected}",
}
"""Our messages for pydantic's types of errors. Other types have pydantic's message."""


class Deviation(NamedTuple):
    """One place where a value violates the specification.

    `path` is `charging_periods.0.dimensions.1.volume`, or empty for the value itself. `problem` says what is
    wrong. `value` is the received value, cut to `MAX_VALUE_LENGTH` characters, or empty if it is missing.
    """

    path: str
    problem: str
    value: str


class InvalidObject(ValueError):
    """A value can't be read as its OCPI object. `deviations` say why."""

    def __init__(self, model_name: str, deviations: Iterable[Deviation]) -> None:
        self.model_name = model_name
        self.deviations = tuple(deviations)
        super().__init__(f"not a valid {model_name}: {self.in_short}")

    @property
    def in_short(self) -> str:
        """The first five deviations, and the number of the others."""
        first = "; ".join(f"{found.path or 'the value'} {found.problem}" for found in self.deviations[:5])
        more = len(self.deviations) - 5
        return f"{first}; and {more} more" if more > 0 else first


class Judge(Protocol):
    """The methods of OcpiModel that `deviations` uses. It is a Protocol, because model.py imports this
    module.
    """

    @classmethod
    def model_validate(cls, obj: Any, *, context: Findings) -> object: ...  # noqa: ANN401  # pydantic's signature

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]: ...


def deviations(model: type[Judge], value: JsonValue) -> list[Deviation]:
    """Return all deviations of `value` from the specification of `model`.

    After ERRORS_AT_MOST errors in members of lists, the other members are not validated, and the first
    deviation states their number. An unknown field is no deviation, because the specification allows it.
    """
    findings = Findings(keeps_members=False)
    try:
        model.model_validate(value, context=findings)
    except ValidationError as error:
        found = deviations_of(error) + model.broken_rules(value)
        if findings.unseen:
            found.insert(0, Deviation("", f"{findings.unseen} members of its lists were not checked", ""))
        return found
    return model.broken_rules(value)


def deviations_of(error: ValidationError) -> list[Deviation]:
    """Return the deviations that a validation found."""
    return [
        _deviation(details)
        for details in error.errors(include_url=False)
        # If members of a list are invalid, pydantic also reports the list as too short.
        if not (details["type"] == "too_short" and details["input"])
    ]


def _deviation(details: ErrorDetails) -> Deviation:
    path = ".".join(str(step) for step in details["loc"])
    if details["type"] == "missing":
        return Deviation(path, "is missing", "")
    return Deviation(path, _problem(details), _shortened(details["input"]))


def _problem(details: ErrorDetails) -> str:
    if details["input"] is None:
        return "is null"
    if details["type"] in _PROBLEMS:
        return _PROBLEMS[details["type"]].format_map(details.get("ctx", {}))
    return details["msg"].removeprefix("Value error, ")


def _shortened(value: object) -> str:
    if isinstance(value, str):
        return value[:MAX_VALUE_LENGTH]
    try:
        return dump_json(value)[:MAX_VALUE_LENGTH]
    except (TypeError, ValueError):
        return repr(value)[:MAX_VALUE_LENGTH]
