"""OcpiModel makes pydantic-core's schema itself: pydantic comes to the same results from the same fields."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator

from emsp.ocpi.json_text import JsonValue
from emsp.ocpi.model import OcpiModel
from tests.unit.ocpi.specification import CLASSES, complete, model

CONFIG = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)


_made: dict[type[OcpiModel], type[BaseModel]] = {}


def by_pydantic(ours: type[OcpiModel]) -> type[BaseModel]:
    """The same model as pydantic's own, with its own models within."""
    if ours not in _made:
        _made[ours] = _by_pydantic(ours)
    return _made[ours]


def _by_pydantic(ours: type[OcpiModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        name: (_translated(annotation), getattr(ours, name, ...))
        for each in reversed(ours.__mro__)
        if each is not OcpiModel and issubclass(each, OcpiModel)
        for name, annotation in each.__annotations__.items()
        if name in ours.field_names()
    }
    validators: dict[str, Any] = {
        "rule": model_validator(mode="after")(lambda made: ours.checked(made)),  # noqa: PLW0108  # it counts
    }
    return create_model(ours.__name__, __config__=CONFIG, __validators__=validators, **fields)


def _translated(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, OcpiModel):
        return by_pydantic(annotation)
    if get_origin(annotation) is Annotated:
        source, *markers = get_args(annotation)
        return Annotated[_translated(source), *markers]
    if get_origin(annotation) is tuple:
        return tuple[_translated(get_args(annotation)[0]), ...]  # type: ignore[misc]  # made at run time
    arguments = get_args(annotation)
    if len(arguments) == 2 and arguments[1] is type(None):
        return _translated(arguments[0]) | None
    return annotation


def result_of(read: Any) -> Any:
    """What came of it: the values, or the errors."""
    try:
        return _plain(read())
    except ValidationError as error:
        return [
            (details["loc"], details["type"], details["msg"]) for details in error.errors(include_url=False)
        ]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(dict(value.__dict__)), _plain(value.__pydantic_extra__), sorted(value.model_fields_set)
    if isinstance(value, OcpiModel):
        fields_set = sorted(value.__pydantic_fields_set__)
        return _plain(dict(value.__dict__)), _plain(value.__pydantic_extra__), fields_set
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return type(value).__name__, repr(value)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def agree(name: str, value: JsonValue) -> None:
    ours = model(name)
    theirs = by_pydantic(ours)
    for strict in (None, False):
        assert result_of(lambda mode=strict: ours.model_validate(value, strict=mode)) == result_of(
            lambda mode=strict: theirs.model_validate(value, strict=mode)
        )


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_complete_objects_and_objects_without_a_field(name: str) -> None:
    value = complete(name)
    agree(name, value)
    for field in value:
        agree(name, {kept: inner for kept, inner in value.items() if kept != field})
        agree(name, value | {field: None})
        agree(name, value | {field: "2026-11-22 10:00:00+00:00"})


@pytest.mark.parametrize("name", ["Session", "CDR", "Location", "Tariff", "Token", "Credentials"])
@given(data=st.data())
def test_objects_with_anything_in_a_field(name: str, data: st.DataObject) -> None:
    value = complete(name)
    field = data.draw(st.sampled_from(sorted(value)))
    agree(name, value | {field: data.draw(json_values), "unknown": data.draw(json_values)})


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, {"id": {}}])
def test_what_is_no_object_at_all(value: JsonValue) -> None:
    agree("Session", value)
