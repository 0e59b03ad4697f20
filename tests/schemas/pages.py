"""The files of events/schemas/: JSON Schema 2020-12 of what our functions take and of what the bus tells."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from tests.schemas.answers import ANSWERS, RemoteStarted
from tests.schemas.events import EVENTS, StoredDetail
from tests.schemas.json_schema import json_schema
from tests.schemas.payloads import payload_schemas, remote_start
from tests.schemas.shared import with_shared_definitions, with_used_definitions
from tests.template.template import REPOSITORY

FOLDER: Final = REPOSITORY / "events" / "schemas"
CLOSED: Final = ("additionalProperties", False)
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


@cache
def schemas() -> dict[Path, dict[str, Any]]:
    """The schema of each file, complete in itself; made once."""
    taken = payload_schemas() | {"RemoteStart": remote_start()}
    payloads = {FOLDER / "payloads" / f"{name}.json": schema for name, schema in taken.items()}
    events = {event_file(name): event_schema(name, model) for name, model in EVENTS.items()}
    answered = ANSWERS | {"RemoteStart": RemoteStarted}
    answers = {answer_file(name): json_schema(model) for name, model in answered.items()}
    complete = payloads | answers | events
    return {path: {"$schema": DIALECT, **with_used_definitions(schema)} for path, schema in complete.items()}


@cache
def published() -> dict[Path, dict[str, Any]]:
    """The schemas as others validate by them: events and answers may have unknown fields, so that a new field
    is no break. Our own tests hold by `schemas()`, which knows every field.
    """
    return {
        path: schema if path.parent.name == "payloads" else open_to_new_fields(schema)
        for path, schema in schemas().items()
    }


def open_to_new_fields(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, without `"additionalProperties": false`."""
    return {key: _opened(value) for key, value in schema.items() if (key, value) != CLOSED}


def _opened(value: Any) -> Any:
    match value:
        case dict():
            return open_to_new_fields(value)
        case list():
            return [_opened(each) for each in value]
    return value


@cache
def files() -> dict[Path, str]:
    """What is written to each file: the schemas, with what they share in a file of its own."""
    return {path: text(schema) for path, schema in with_shared_definitions(published(), FOLDER).items()}


def answer_file(function: str) -> Path:
    """Of what a function, or RemoteStart, answers."""
    return FOLDER / "answers" / f"{function}.json"


def event_file(detail_type: str) -> Path:
    """`CDR Received` is in `events/CDR_Received.json`."""
    return FOLDER / "events" / f"{detail_type.replace(' ', '_')}.json"


def event_schema(detail_type: str, model: type[BaseModel]) -> dict[str, Any]:
    """Of the event's detail; with `object` or, for one that is too large, `object_s3`."""
    schema = json_schema(model) | {"title": detail_type}
    if issubclass(model, StoredDetail):
        schema["required"] = [name for name in schema["required"] if name not in ("object", "object_s3")]
        schema["oneOf"] = [{"required": ["object"]}, {"required": ["object_s3"]}]
    return schema


def text(schema: dict[str, Any]) -> str:
    """As it is written to the file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
