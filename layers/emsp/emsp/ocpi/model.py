"""The base class of all OCPI objects: strict validation, and permissive parsing."""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from emsp.ocpi.deviations import Deviation, InvalidObject, deviations_of
from emsp.ocpi.json_text import JsonValue
from emsp.ocpi.types.members import Findings
from emsp.ocpi.types.permissive import permissive


class OcpiModel(BaseModel):
    """An OCPI object or class. It is immutable and keeps unknown fields.

    `SomeModel(...)` and `SomeModel.model_validate(value)` are strict: they raise pydantic's `ValidationError`
    for everything that the specification forbids. `parse` reads what peers send.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        # Values are drivers' data and tokens. They must not get into error texts, and so not into logs.
        hide_input_in_errors=True,
        # A function builds a model only when it first uses it, which saves cold start time.
        defer_build=True,
    )

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """Return the object in `value`, as far as it can be understood.

        Accepts numbers and booleans as strings, strings as numbers, enum values in another case, unknown enum
        values (kept as `str`), DateTimes in any form, texts of any length and lists of any size. `deviations`
        lists these. Raises `InvalidObject` if a required field is missing or a field is unusable.
        """
        try:
            parsed: Self = permissive(cls).model_validate(value, context=Findings(keeps_members=True))
        except ValidationError as error:
            raise InvalidObject(cls.__name__, deviations_of(error)) from None
        return parsed

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the specification's fields, in its order."""
        return tuple(cls.model_fields)

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]:  # noqa: ARG003  # for those that have rules
        """Return the violated rules that span several fields of `value`, whatever else is wrong with it."""
        return []
