"""Every class is complete to the field, judged by the specification's tables, not by the models."""

from collections.abc import Callable
from enum import StrEnum

import pytest

from emsp.ocpi.deviations import InvalidObject, deviations
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.ocpi.types.enums import in_any_case
from tests.unit.ocpi.specification import (
    CLASSES,
    ENUMS,
    complete,
    exact_text,
    length,
    minimal,
    model,
    python_name,
)

FIELDS = [(class_name, field) for class_name, fields in CLASSES.items() for field in fields]


def paths(class_name: str, value: JsonValue) -> list[str]:
    return [deviation.path for deviation in deviations(model(class_name), value)]


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_has_the_values_of_the_specification(name: str) -> None:
    enum = python_name(name)
    assert isinstance(enum, type)
    assert issubclass(enum, StrEnum)
    assert sorted(enum) == sorted(ENUMS[name])


@pytest.mark.parametrize("name", ENUMS)
def test_a_value_of_an_enum_is_unmistakable_in_any_case(name: str) -> None:
    enum = python_name(name)
    assert isinstance(enum, type)
    assert issubclass(enum, StrEnum)
    for value in ENUMS[name]:
        for written in (value.lower(), value.upper(), value.swapcase(), value.title(), f" {value}\n"):
            meant = in_any_case(written, enum)
            assert meant == enum(value)
            assert hash(meant) == hash(enum(value))
        assert in_any_case(f"{value}_", enum) == f"{value}_"


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_fields_of_the_specification_in_their_order(name: str) -> None:
    assert list(model(name).field_names()) == list(CLASSES[name])


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("make", [minimal, complete])
def test_an_object_made_by_the_tables_has_no_deviations_and_is_read_whole(
    name: str, make: Callable[[str], JsonObject]
) -> None:
    value = make(name)
    assert deviations(model(name), value) == []
    for read in (model(name).parse, model(name).model_validate):
        assert read(value).model_fields_set == value.keys()


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field_is_required_just_when_the_specification_says_so(name: str, field: str) -> None:
    value = complete(name)
    del value[field]
    required = CLASSES[name][field][1] in {"1", "+"}
    if name == "StartSession" and field == "evse_uid":
        assert paths(name, value) == [""]  # a rule, not the table: connector_id needs it
    elif name == "CDR" and field == "credit_reference_id":
        assert paths(name, value) == ["credit_reference_id"]  # a rule as well
    else:
        assert paths(name, value) == ([field] if required else [])


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_null_is_allowed_just_where_the_field_may_be_left_out(name: str, field: str) -> None:
    """Terminology chapter, cardinality: what is not set may be null as well as left out."""
    value = complete(name) | {field: None}
    if CLASSES[name][field][1] in {"1", "+"}:
        assert field in paths(name, value)
        with pytest.raises(InvalidObject, match=f"{field} is null"):
            model(name).parse(value)
    elif (name, field) == ("StartSession", "evse_uid"):
        assert paths(name, value) == [""]  # a rule, not the table: connector_id needs it
    elif (name, field) == ("CDR", "credit_reference_id"):
        assert paths(name, value) == ["credit_reference_id"]  # a rule as well
    else:
        assert paths(name, value) == []
        for read in (model(name).parse, model(name).model_validate):
            assert getattr(read(value), field) in (None, ())


@pytest.mark.parametrize("name", CLASSES)
def test_an_object_with_all_that_is_optional_null_reads_as_one_without_it(name: str) -> None:
    whole = minimal(name)
    empty: dict[str, JsonValue] = {
        field: [] if cardinality == "*" else None
        for field, (_, cardinality) in CLASSES[name].items()
        if cardinality in {"?", "*"}
    }
    nulls: JsonObject = whole | dict.fromkeys(empty)
    assert deviations(model(name), nulls) == []
    parsed = model(name).parse(nulls)
    assert all(getattr(parsed, field) == (() if value == [] else None) for field, value in empty.items())


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, field in FIELDS if length(CLASSES[name][field][0])]
)
def test_a_string_is_as_long_as_the_specification_allows(name: str, field: str) -> None:
    kind, cardinality = CLASSES[name][field]
    greatest = length(kind)
    assert greatest is not None
    start = "https://a.in/" if kind == "URL" else ""
    too_long: JsonValue = start + "1" * (greatest + 1 - len(start))
    value = complete(name) | {field: [too_long] if cardinality == "*" else too_long}
    path = f"{field}.0" if cardinality == "*" else field
    assert [(d.path, d.problem) for d in deviations(model(name), value)] == [
        (path, f"has more than {greatest} characters")
    ]
    read = getattr(model(name).parse(value), field)
    assert read == ((too_long,) if cardinality == "*" else too_long)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_value_of_another_kind_is_a_deviation(name: str, field: str) -> None:
    kind, cardinality = CLASSES[name][field]
    wrong: JsonValue = (
        "TEXT" if kind in {"number", "int", "boolean", "DateTime"} or kind in CLASSES else {"a": 1}
    )
    value = complete(name) | {field: [wrong] if cardinality in {"*", "+"} else wrong}
    assert paths(name, value) == [f"{field}.0" if cardinality in {"*", "+"} else field]
    with pytest.raises(InvalidObject):
        model(name).parse(value)


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, field in FIELDS if CLASSES[name][field][0] in ENUMS]
)
def test_an_unknown_enum_value_is_kept_and_reported(name: str, field: str) -> None:
    cardinality = CLASSES[name][field][1]
    value = complete(name) | {field: ["BRAND_NEW"] if cardinality == "*" else "BRAND_NEW"}
    (deviation,) = deviations(model(name), value)
    assert deviation.value == "BRAND_NEW"
    assert deviation.problem.startswith("is none of '")
    parsed = model(name).parse(value)
    assert getattr(parsed, field) in ("BRAND_NEW", ("BRAND_NEW",))


def test_the_comparison_of_texts_sees_digits() -> None:
    assert exact_text(parse_json('{"b":8.10,"a":[1]}')) == "{a:[1],b:8.10}"
