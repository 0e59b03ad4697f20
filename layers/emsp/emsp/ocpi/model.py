"""The base class of all OCPI objects: strict validation, and permissive parsing."""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from emsp.ocpi.deviations import Deviation, InvalidObject, deviations_of
from emsp.ocpi.json_text import JsonValue
from emsp.ocpi.types.members import Findings
from emsp.ocpi.types.permissive import permissive


class OcpiModel(BaseModel):
    """An OCPI object or class. It is immutable, and has unknown fields too.

    `SomeModel(...)` and `SomeModel.model_validate(value)` are strict: they raise pydantic's ValidationError
    for everything that the specification forbids. `parse` accepts what peers send.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        # Values are drivers' data and tokens. They must not be in error messages, and so not in logs.
        hide_input_in_errors=True,
        # A model is built when it is first used, which saves time at a cold start.
        defer_build=True,
    )

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """Return the object in `value`, as far as it can be understood.

        Accepted are numbers and booleans as strings, strings as numbers, enum values in another case, unknown
        enum values (as `str`), DateTimes in any form, texts of any length and lists of any size. `deviations`
        lists these. Raises InvalidObject if a required field is missing or can't be read.
        """
        try:
            parsed: Self = permissive(cls).model_validate(value, context=Findings(keeps_members=True))
        except ValidationError as error:
            raise InvalidObject(cls.__name__, deviations_of(error)) from None
        return parsed

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of the specification's fields, in its order."""
        return tuple(cls.model_fields)

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]:  # noqa: ARG003  # for those that have rules
        """Return a deviation for each rule about several fields that `value` violates.

        Fields that are invalid by themselves are ignored.
        """
        return []
