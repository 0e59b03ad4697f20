"""What all OCPI objects have in common: parse permissively, validate explicitly, construct strictly.

A model reads like one of pydantic's, and pydantic-core, the validator inside pydantic, does the work. Without
the package around it a receiver's cold start is shorter by 70 ms of CPU. What that package does for us stands
here: the annotations become pydantic-core's schema, when a model is first used. A test holds every model
against the same one made by pydantic itself.

The `strict` switch carries the two modes. Without it a model follows the specification to the letter; with
`strict=False` (only `parse` sets it) the field types of `types.py` also take what peers really send.
"""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    NoReturn,
    Self,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
)

from pydantic_core import CoreConfig, CoreSchema, SchemaValidator, ValidationError
from pydantic_core.core_schema import (
    model_field,
    model_fields_schema,
    model_schema,
    no_info_after_validator_function,
    nullable_schema,
    tuple_variable_schema,
    with_default_schema,
)

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.deviations import Deviation, InvalidObject, deviations_of
from emsp.ocpi.json_text import JsonObject, JsonValue

_WRITTEN_AS_THEY_ARE = frozenset({str, Decimal, bool, int, NoneType})

# Unknown fields are kept. Values are drivers' data and tokens: they stay out of error texts, and so of logs.
_CONFIG: CoreConfig = {"extra_fields_behavior": "allow", "hide_input_in_errors": True}


@dataclass_transform(kw_only_default=True, frozen_default=True)
class OcpiModel:
    """An OCPI object or class. Immutable; fields that the specification does not know are kept.

    `SomeModel(...)` and `SomeModel.model_validate(value)` are strict: they raise pydantic's `ValidationError`
    for whatever the specification forbids, null for an absent field included. `parse` reads what others sent.
    """

    # pydantic-core sets these on every object that it makes.
    __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")
    __pydantic_extra__: JsonObject
    __pydantic_fields_set__: set[str]

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values must not show up in a `Deviation` or a `repr`."""

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401  # type checkers see each model's own fields
        validator(type(self)).validate_python(fields, self_instance=self)

    @classmethod
    def model_validate(cls, value: object, *, strict: bool | None = None) -> Self:
        """The object that `value`, a mapping, is. Raises `ValidationError`; see above for `strict`."""
        return cast("Self", validator(cls).validate_python(value, strict=strict))

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
        set_fields = self.__pydantic_fields_set__
        written = {name: _to_json(value) for name, value in self.__dict__.items() if name in set_fields}
        return written | self.__pydantic_extra__

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The specification's fields, in its order."""
        return tuple(_fields(cls))

    def checked(self) -> Self:
        """The object itself. Raises ValueError where its fields do not go together, in both modes."""
        return self

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]:  # noqa: ARG003  # for those that have rules
        """Rules that span several fields of `value` and that it breaks, whatever else is wrong with it."""
        return []

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OcpiModel) or type(self) is not type(other):
            return NotImplemented
        return self.__dict__ == other.__dict__ and self.__pydantic_extra__ == other.__pydantic_extra__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        shown = [
            f"{name}={self.__dict__[name]!r}" for name in self.__dict__ if name not in self.secret_fields
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen: make another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen: make another one")


_validators: dict[type[OcpiModel], SchemaValidator] = {}


def validator(model: type[OcpiModel]) -> SchemaValidator:
    """pydantic-core's validator of a model, made once: that takes it a millisecond or two."""
    if model not in _validators:
        _validators[model] = SchemaValidator(_model_schema(model), _CONFIG)
    return _validators[model]


def schema_of(annotation: object) -> CoreSchema:
    """pydantic-core's schema of a field's type: a type of `types.py`, a model, or one of them within another.

    The types of `types.py` carry what makes their schema as the last part of `Annotated`, as for pydantic.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return cast("CoreSchema", arguments[-1].__get_pydantic_core_schema__(arguments[0], schema_of))
    if origin in (Union, UnionType):
        [inner] = [argument for argument in arguments if argument is not NoneType]
        return nullable_schema(schema_of(inner))
    if origin is tuple:
        return tuple_variable_schema(schema_of(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, OcpiModel):
        return _model_schema(annotation)
    raise TypeError(f"{annotation} can't be a field's type: use those of emsp/ocpi/types.py")


def _model_schema(model: type[OcpiModel]) -> CoreSchema:
    fields = {}
    for name, annotation in _fields(model).items():
        schema = schema_of(annotation)
        if any(name in vars(each) for each in _classes(model)):
            schema = with_default_schema(schema, default=getattr(model, name))
        fields[name] = model_field(schema)
    inner = model_fields_schema(fields, model_name=model.__name__)
    schema = model_schema(model, inner, config={**_CONFIG, "title": model.__name__}, frozen=True)
    if model.checked is OcpiModel.checked:
        return schema
    return no_info_after_validator_function(model.checked, schema)


def _fields(model: type[OcpiModel]) -> Mapping[str, object]:
    """Name and annotation of each field, those of base classes first."""
    return {
        name: annotation
        for each in reversed(_classes(model))
        for name, annotation in each.__annotations__.items()
        if not _of_the_class(annotation)
    }


def _of_the_class(annotation: object) -> bool:
    origin: object = get_origin(annotation)
    return origin is ClassVar


def _classes(model: type[OcpiModel]) -> tuple[type, ...]:
    """The model and those that it extends, without OcpiModel itself."""
    return model.__mro__[: model.__mro__.index(OcpiModel)]


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
