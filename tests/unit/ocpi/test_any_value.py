"""Whatever a peer sends is read or refused, and never changed: no crash, no silent loss."""

import copy
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from emsp.ocpi.deviations import Deviation, InvalidObject, deviations
from emsp.ocpi.json_text import JsonObject, JsonValue
from tests.profiles import examples
from tests.unit.ocpi.specification import CLASSES, complete, exact_text, model

ODDITIES: list[JsonValue] = [
    None,
    2,
    -1,
    10**30,
    Decimal("230.0"),
    Decimal("1E-50"),
    Decimal("1E+99999"),
    "",
    " ",
    "8.10",
    "-0",
    "NaN",
    "x" * 6000,
    "\x00",
    "नमस्ते",
    "#NA",
    "2026-11-22 15:30:00.123456789+05:30",
    "2026-11-22T10:00:00",
    "ACTIVE",
    [],
    {},
    [None],
    [[]],
    {"a": None},
]

SECRETS = ["s3cr3t-of-a-driver", "2026-13-32T10:00:00Z"]


def places(value: JsonValue) -> Iterator[tuple[JsonObject | list[JsonValue], str | int]]:
    """Every place in a value where another could stand."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield value, name
            yield from places(member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield value, index
            yield from places(member)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, JsonValue]:
    """A class and an object of it, with something odd at up to three places."""
    name = draw(st.sampled_from(sorted(CLASSES)))
    value = copy.deepcopy(complete(name))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places(value))))
        container[key] = copy.deepcopy(draw(st.sampled_from(ODDITIES)))  # type: ignore[index]
    return name, value


@examples(4)
@given(damaged())
@example(("Location", []))
@example(("CDR", None))
def test_a_value_is_read_or_refused_and_not_changed(case: tuple[str, JsonValue]) -> None:
    name, value = case
    before = exact_text(value)
    found = deviations(model(name), value)
    assert all(isinstance(deviation, Deviation) for deviation in found)
    try:
        parsed = model(name).parse(value)
    except InvalidObject:
        # What can't be read strays from the specification.
        assert found
        return
    assert isinstance(value, dict)
    assert parsed.model_fields_set == value.keys() & CLASSES[name].keys()
    assert (parsed.model_extra or {}).keys() == value.keys() - CLASSES[name].keys()
    assert exact_text(value) == before


@examples(1)
@given(damaged())
def test_what_has_no_deviations_can_be_made(case: tuple[str, JsonValue]) -> None:
    name, value = case
    if not deviations(model(name), value):
        model(name).model_validate(value)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name", CLASSES)
def test_the_text_of_an_error_tells_nothing_of_what_was_sent(name: str, secret: str) -> None:
    """Values are drivers' data and tokens, and error texts end up in logs."""
    everywhere: JsonObject = {field: {"value": secret} for field in [*CLASSES[name], "unknown"]}
    one_by_one: list[JsonObject] = [complete(name) | {field: secret} for field in CLASSES[name]]
    errors = [text for value in [everywhere, *one_by_one] if (text := error_text(name, value))]
    assert errors
    assert not [text for text in errors if secret in text]


def error_text(name: str, value: JsonValue) -> str:
    try:
        model(name).model_validate(value)
    except ValidationError as error:
        return f"{error} {error!r}"
    return ""
