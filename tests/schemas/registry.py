"""events/registry.yaml: the schemas of the events for an EventBridge schema registry (at most draft 4).

The template is separate, because some regions (such as Hyderabad) have no schema registry. There
CloudFormation refuses a template that names its types.
"""

import json
from functools import cache
from textwrap import indent
from typing import Any, Final

from emsp.stores.event_bus import SOURCE
from tests.schemas.events import EVENTS
from tests.schemas.pages import event_schema, open_to_new_fields
from tests.template.template import REPOSITORY

TEMPLATE: Final = REPOSITORY / "events" / "registry.yaml"
DRAFT_4: Final = "http://json-schema.org/draft-04/schema#"
SAME_IN_DRAFT_4: Final = frozenset(
    {
        *("title", "description", "default", "type", "enum", "format", "required"),
        *("pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
    }
)
HEAD: Final = """\
# Generated from the models by `make schemas`. `make registry` deploys it. See docs/events.md.
AWSTemplateFormatVersion: "2010-09-09"
Description: The JSON Schemas of an eMSP's events, in an EventBridge schema registry

Parameters:
  RegistryName:
    Type: String
    Default: emsp
    AllowedPattern: "[0-9A-Za-z_.-]{1,64}"
    Description: Name of the registry

Resources:
  Registry:
    Type: AWS::EventSchemas::Registry
    Properties:
      RegistryName: !Ref RegistryName
      Description: The events on the eMSP's bus
"""
SCHEMA: Final = """
  {name}:
    Type: AWS::EventSchemas::Schema
    Properties:
      RegistryName: !GetAtt Registry.RegistryName
      SchemaName: {source}@{name}
      Type: JSONSchemaDraft4
      Content: |
{content}
"""


class NoSuchKeyword(ValueError):
    """Draft 4 has no such keyword, or means something else by it: say here what it becomes."""


def template_text() -> str:
    """The file as it is written. Raises NoSuchKeyword."""
    schemas = (
        SCHEMA.format(
            name=name.replace(" ", ""),
            source=SOURCE,
            content=indent(json.dumps(open_to_new_fields(schema), ensure_ascii=False), " " * 8),
        )
        for name, schema in draft_4_schemas().items()
    )
    return HEAD + "".join(schemas)


@cache
def draft_4_schemas() -> dict[str, dict[str, Any]]:
    """By detail-type, of the event as EventBridge delivers it; made once. Raises NoSuchKeyword."""
    return {name: _event(name, as_draft_4(event_schema(name, model))) for name, model in EVENTS.items()}


def as_draft_4(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema. Raises NoSuchKeyword."""
    told: dict[str, Any] = {}
    for keyword, value in schema.items():
        match keyword:
            case "$ref":
                told["$ref"] = value.replace("#/$defs/", "#/definitions/")
            case "$defs" | "properties":
                translated = {name: as_draft_4(each) for name, each in value.items()}
                told["definitions" if keyword == "$defs" else keyword] = translated
            case "anyOf" | "oneOf":
                told[keyword] = [as_draft_4(each) for each in value]
            case "items" | "additionalProperties":
                told[keyword] = as_draft_4(value) if isinstance(value, dict) else value
            case "const":
                told["enum"] = [value]
            case _ if keyword in SAME_IN_DRAFT_4:
                told[keyword] = value
            case _:
                raise NoSuchKeyword(f"{keyword}: {json.dumps(value)}")
    return told


def _event(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    properties = {
        "version": text,
        "id": text,
        "detail-type": {"enum": [detail_type]},
        "source": {"enum": [SOURCE]},
        "account": text,
        "time": {"type": "string", "format": "date-time"},
        "region": text,
        "resources": {"type": "array", "items": text},
        "detail": {"$ref": "#/definitions/Detail"},
    }
    return {
        "$schema": DRAFT_4,
        "title": detail_type,
        "x-amazon-events-source": SOURCE,
        "x-amazon-events-detail-type": detail_type,
        "type": "object",
        "required": [*properties],
        "properties": properties,
        "definitions": detail.pop("definitions", {}) | {"Detail": detail},
    }
