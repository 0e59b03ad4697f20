"""The `$defs` that several schemas share. They are written once, to events/schemas/shared.json."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

SHARED: Final = "shared.json"
_REF: Final = re.compile(r'"#/\$defs/([^"]+)"')

type Schema = dict[str, Any]


def with_shared_definitions(schemas: Mapping[Path, Schema], folder: Path) -> dict[Path, Schema]:
    """The schemas as they are written, by file, and the file of what they share.

    A definition is shared if two schemas or more have it, if it is the same in all that have its name, and if
    each definition that it refers to is shared. All others stay in their schema.
    """
    shared = _shareable([schema.get("$defs", {}) for schema in schemas.values()])
    [dialect] = {schema["$schema"] for schema in schemas.values()}
    written = {path: _referring(schema, shared.keys()) for path, schema in schemas.items()}
    return written | {folder / SHARED: {"$schema": dialect, "$defs": shared}}


def with_used_definitions(schema: Schema) -> Schema:
    """The schema with those of its definitions alone that it refers to."""
    definitions = schema.get("$defs", {})
    used: set[str] = set()
    waiting: list[Schema] = [{key: value for key, value in schema.items() if key != "$defs"}]
    while waiting:
        new = {*_REF.findall(json.dumps(waiting.pop()))} - used
        used |= new
        waiting += [definitions[name] for name in new]
    return {
        key: value if key != "$defs" else {name: each for name, each in value.items() if name in used}
        for key, value in schema.items()
    }


def _shareable(definitions: list[Mapping[str, Schema]]) -> dict[str, Schema]:
    texts: dict[str, list[str]] = {}
    for each in definitions:
        for name, schema in each.items():
            texts.setdefault(name, []).append(json.dumps(schema))
    same = {name for name, found in texts.items() if len(found) > 1 and len({*found}) == 1}
    while strangers := {name for name in same if not {*_REF.findall(texts[name][0])} <= same}:
        same -= strangers
    return {name: json.loads(texts[name][0]) for name in sorted(same)}


def _referring(schema: Schema, shared: Collection[str]) -> Schema:
    own = {name: each for name, each in schema.get("$defs", {}).items() if name not in shared}
    rest = {key: value for key, value in schema.items() if key != "$defs"} | ({"$defs": own} if own else {})

    def reference(found: re.Match[str]) -> str:
        name = found[1]
        return f'"../{SHARED}#/$defs/{name}"' if name in shared else found[0]

    written: Schema = json.loads(_REF.sub(reference, json.dumps(rest)))
    return written
