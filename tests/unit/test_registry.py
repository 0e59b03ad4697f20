"""events/registry.yaml is what the models say, in draft 4, and means what events/schemas/ mean."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from tests.schemas.bus_samples import SAMPLES, event_of, name_of
from tests.schemas.events import EVENTS
from tests.schemas.pages import event_file, published
from tests.schemas.registry import TEMPLATE, NoSuchKeyword, as_draft_4, template_text
from tests.schemas.validate import FORMATS
from tests.template.yaml_file import load

RESOURCES = load(TEMPLATE)["Resources"]
IN_REGISTRY = {
    schema["title"]: schema
    for each in RESOURCES.values()
    if each["Type"] == "AWS::EventSchemas::Schema"
    for schema in [json.loads(each["Properties"]["Content"])]
}
LARGEST_SCHEMA = 100_000
"""Characters, of CreateSchema's Content."""
LARGEST_TEMPLATE = 1_000_000
SPOILT_BY: tuple[Any, ...] = (None, 7, "x", {}, [], True)


def test_the_template_is_current() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == template_text(), "run `make schemas`"
    assert TEMPLATE.stat().st_size < LARGEST_TEMPLATE


@pytest.mark.parametrize("detail_type", EVENTS)
def test_every_event_has_a_schema_of_draft_4_under_the_name_that_discovery_would_give_it(
    detail_type: str,
) -> None:
    properties = RESOURCES[detail_type.replace(" ", "")]["Properties"]
    assert properties["SchemaName"] == f"emsp.ocpi@{detail_type.replace(' ', '')}"
    assert len(properties["Content"]) < LARGEST_SCHEMA
    Draft4Validator.check_schema(IN_REGISTRY[detail_type])


def test_every_event_has_a_sample() -> None:
    assert {event_of(sample)["detail-type"] for sample in SAMPLES} == EVENTS.keys()
    for sample in SAMPLES:
        assert sample.parent.name == event_of(sample)["detail-type"].replace(" ", "_")


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_both_schemas_say_the_same_of_a_sample_and_of_a_spoilt_one(sample: Path) -> None:
    event = event_of(sample)
    here = Draft202012Validator(published()[event_file(event["detail-type"])], format_checker=FORMATS)
    there = Draft4Validator(IN_REGISTRY[event["detail-type"]], format_checker=FORMATS)
    here.validate(event["detail"])
    there.validate(event)
    spoilt = [*_spoilt(event["detail"])]
    for detail in random.Random(7).sample(spoilt, min(80, len(spoilt))):
        assert here.is_valid(detail) == there.is_valid({**event, "detail": detail}), detail
    assert not there.is_valid({**event, "detail-type": "Another"})


def test_some_spoilt_samples_are_refused() -> None:
    event = event_of(next(sample for sample in SAMPLES if name_of(sample) == "Limit_Near/energy"))
    there = Draft4Validator(IN_REGISTRY["Limit Near"])
    assert sum(not there.is_valid({**event, "detail": detail}) for detail in _spoilt(event["detail"])) > 50


def test_a_keyword_that_draft_4_does_not_know_is_not_passed_over() -> None:
    with pytest.raises(NoSuchKeyword, match="exclusiveMinimum"):
        as_draft_4({"properties": {"kwh": {"type": "number", "exclusiveMinimum": 0}}})


def _spoilt(whole: Any) -> Iterator[Any]:
    """`whole` again and again, each time with one member missing or of another kind."""
    for path in [*_paths(whole)]:
        for value in (..., *SPOILT_BY):
            copy = deepcopy(whole)
            place = copy
            for step in path[:-1]:
                place = place[step]
            if value is ...:
                del place[path[-1]]
            else:
                place[path[-1]] = value
            yield copy


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for step, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield (step,)
            yield from ((step, *rest) for rest in _paths(member))
