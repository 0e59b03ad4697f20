"""Holds what was told to the schema that others build on."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from jsonschema import Draft202012Validator

from tests.schemas.answers import ANSWERS
from tests.schemas.pages import answer_file, event_file, schemas


def hold_to_schema(detail_type: str, detail: Any) -> None:
    """Raises jsonschema's ValidationError where an event's detail is not as its schema says."""
    _validator(event_file(detail_type)).validate(detail)


def hold_answers(function: str, module: ModuleType) -> None:
    """From now on its handler raises ValidationError where its answer is not as its schema says."""
    if function not in ANSWERS:
        return
    handler: Callable[[Any, Any], Any] = module.handler

    def held(event: Any, context: Any) -> Any:
        answer = handler(event, context)
        _validator(answer_file(function)).validate(json.loads(json.dumps(answer)))
        return answer

    module.handler = held  # type: ignore[attr-defined]


@cache
def _validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(schemas()[path], format_checker=Draft202012Validator.FORMAT_CHECKER)
