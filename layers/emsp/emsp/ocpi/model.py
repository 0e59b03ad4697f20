"""What all OCPI objects have in common: parse permissively, validate explicitly, construct strictly.

pydantic's `strict` switch carries the two modes. Without it a model follows the specification to the letter;
with `strict=False` (only `parse` sets it) the field types of `types.py` also take what peers really send.
"""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.deviations import Deviation, InvalidObject, deviations_of
from emsp.ocpi.json_text import JsonObject, JsonValue

_WRITTEN_AS_THEY_ARE = frozenset({str, Decimal, bool, int, NoneType})


class OcpiModel(BaseModel):
    """An OCPI object or class. Immutable; fields that the specification does not know are kept.

    `SomeModel(...)` and `SomeModel.model_validate(value)` are strict: they raise pydantic's `ValidationError`
    for whatever the specification forbids, null for an absent field included. `parse` reads what others sent.

    A model is built when it is first used. A Lambda does that while it starts, where the CPU is full, with
    `SomeModel.model_rebuild()` in its module.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        # Nested objects are built within the outer one; alone only if used alone.
        defer_build=True,
        # Values are drivers' data and tokens: they stay out of error texts, and so out of logs.
        hide_input_in_errors=True,
    )

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values must not show up in a `Deviation`."""

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """The object that `value` is, as far as it can be made sense of.

        Numbers and booleans as strings, strings as numbers, null for an optional field, unknown enum values
        (kept as `str`), DateTimes in any form, texts of any length and lists of any size are taken;
        `deviations` tells of them.

        Raises `InvalidObject` when a required field is missing or any field is of no use.
        """
        try:
            return cls.model_validate(value, strict=False)
        except ValidationError as error:
            raise InvalidObject(cls.__name__, deviations_of(error, cls)) from None

    def to_json(self) -> JsonObject:
        """The same JSON value again: without what was not set, with what was unknown, written as it was.

        One exception: a boolean that came as something else is written as a boolean.
        """
        set_fields = self.model_fields_set
        written = {name: _to_json(value) for name, value in self.__dict__.items() if name in set_fields}
        return written | (self.model_extra or {})

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]:  # noqa: ARG003  # for those that have rules
        """Rules that span several fields of `value` and that it breaks, whatever else is wrong with it."""
        return []


def _to_json(value: object) -> JsonValue:
    # The usual types first and exactly, and models before any hasattr: pydantic makes both questions slow.
    if type(value) in _WRITTEN_AS_THEY_ARE:
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
