"""Holds what was told to the schema that others build on."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.schemas.pages import event_file, schemas


def hold_to_schema(detail_type: str, detail: Any) -> None:
    """Raises jsonschema's ValidationError where an event's detail is not as its schema says."""
    _validator(detail_type).validate(detail)


@cache
def _validator(detail_type: str) -> Draft202012Validator:
    return Draft202012Validator(
        schemas()[event_file(detail_type)], format_checker=Draft202012Validator.FORMAT_CHECKER
    )
