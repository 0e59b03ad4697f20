"""What all OCPI objects have in common: parse permissively, validate explicitly, construct strictly."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.deviations import Deviation, InvalidObject, deviations_of
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.ocpi.types.reading import permissive

_WRITTEN_AS_THEY_ARE = frozenset({str, Decimal, bool, int, NoneType})


class OcpiModel(BaseModel):
    """An OCPI object or class. Immutable; fields that the specification does not know are kept.

    `SomeModel(...)` and `SomeModel.model_validate(value)` are strict: they raise pydantic's `ValidationError`
    for whatever the specification forbids. `parse` reads what others sent.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        # Values are drivers' data and tokens: they stay out of error texts, and so of logs.
        hide_input_in_errors=True,
        # A cold function builds only the models that it uses, when it first does.
        defer_build=True,
    )

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values must not show up in a `Deviation` or a `repr`."""

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """The object that `value` is, as far as it can be made sense of.

        Numbers and booleans as strings, strings as numbers, enum values in another case, unknown ones (kept
        as `str`), DateTimes in any form, texts of any length and lists of any size are taken; `deviations`
        tells of them.

        Raises `InvalidObject` when a required field is missing or any field is of no use.
        """
        try:
            parsed: Self = permissive(cls).model_validate(value)
        except ValidationError as error:
            raise InvalidObject(cls.__name__, deviations_of(error, cls.secret_fields)) from None
        return parsed

    def to_json(self) -> JsonObject:
        """The same JSON value again: without what was not set, with what was unknown, written as it was.

        One exception: a boolean that came as something else is written as a boolean.
        """
        set_fields = self.model_fields_set
        written = {name: _to_json(value) for name, value in self.__dict__.items() if name in set_fields}
        return written | (self.model_extra or {})

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The specification's fields, in its order."""
        return tuple(cls.model_fields)

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]:  # noqa: ARG003  # for those that have rules
        """Rules that span several fields of `value` and that it breaks, whatever else is wrong with it."""
        return []

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, value) for name, value in self.__dict__.items() if name not in self.secret_fields]


def _to_json(value: object) -> JsonValue:
    if type(value) in _WRITTEN_AS_THEY_ARE:  # most are
        return cast("JsonValue", value)
    if isinstance(value, OcpiModel):
        return value.to_json()
    if isinstance(value, datetime):
        return write_datetime(value)
    if hasattr(value, "written"):
        return cast("JsonValue", value.written)
    if isinstance(value, tuple):
        return [_to_json(member) for member in value]
    return cast("JsonValue", value.value if isinstance(value, Enum) else value)
