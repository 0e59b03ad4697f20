"""What all OCPI objects have in common: parse permissively, validate explicitly, construct strictly."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from emsp.ocpi.deviations import Deviation, InvalidObject, deviations_of
from emsp.ocpi.json_text import JsonValue
from emsp.ocpi.types.members import Findings
from emsp.ocpi.types.reading import permissive


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
            parsed: Self = permissive(cls).model_validate(value, context=Findings(keeps_members=True))
        except ValidationError as error:
            raise InvalidObject(cls.__name__, deviations_of(error, cls.secret_fields)) from None
        return parsed

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
