"""Validate events and answers by the schemas that others build on."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker

from emsp.events.domain_event import DomainEvent
from emsp.ocpi.json_text import dump_json
from tests.schemas.answers import ANSWERS
from tests.schemas.pages import answer_file, event_file, schemas
from tests.schemas.registry import draft_4_schemas

FORMATS: Final = FormatChecker()


@FORMATS.checks("date-time", ValueError)
def is_a_moment(value: object) -> bool:
    """A point in time, its offset from UTC told; jsonschema itself looks at none. Raises ValueError."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validate_event(detail_type: str, detail: Any) -> None:
    """Raises jsonschema's ValidationError where an event's detail is not as its schema says, here or in the
    registry.
    """
    _validator(event_file(detail_type)).validate(detail)
    _registered(detail_type).validate(detail)


def validate_domain_event(event: DomainEvent) -> None:
    """Likewise, one that has neither id nor time yet; of those that are told many at once nothing is said."""
    if event.joined_in is None:
        told = {**event.detail, "event_id": "of its record", "occurred_at": "2026-11-25T10:00:00Z"}
        validate_event(event.detail_type, json.loads(dump_json(told)))


def validate_answer(function: str, answer: Any) -> None:
    """Raises ValidationError where what a function answers to its invoker is not as its schema says."""
    _validator(answer_file(function)).validate(json.loads(json.dumps(answer)))


def validate_answers(function: str, module: ModuleType) -> None:
    """From now on its handler raises ValidationError where its answer is not as its schema says."""
    if function not in ANSWERS:
        return
    handler: Callable[[Any, Any], Any] = module.handler

    def validated(event: Any, context: Any) -> Any:
        answer = handler(event, context)
        if not from_a_stream(event):
            validate_answer(function, answer)
        return answer

    module.handler = validated  # type: ignore[attr-defined]


def from_a_stream(event: Any) -> bool:
    """Lambda's own batches are answered as Lambda wants it, which nobody else sees."""
    return isinstance(event, dict) and "Records" in event


@cache
def _validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(schemas()[path], format_checker=FORMATS)


@cache
def _registered(detail_type: str) -> Draft4Validator:
    definitions = draft_4_schemas()[detail_type]["definitions"]
    schema = {"allOf": [{"$ref": "#/definitions/Detail"}], "definitions": definitions}
    return Draft4Validator(schema, format_checker=FORMATS)
