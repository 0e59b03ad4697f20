"""Whoever uses the version before goes on after an upgrade: its schemas, and the tables that it left."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility.kept import OPENAPI, TABLES, schemas_now, tables_now, versions
from tests.schemas.compatible import Way, breaks

LAST: Path = versions()[-1]
SCHEMAS = sorted(
    str(path.relative_to(LAST)) for path in LAST.rglob("*.json") if path.name not in (TABLES, OPENAPI)
)
TABLES_THEN: dict[str, Any] = json.loads((LAST / TABLES).read_text(encoding="utf-8"))
WHAT_TO_DO = (
    "Whoever goes by the last version's schema fails: add a field instead; or give the event a new "
    "`schema_version`, and tell it in CHANGELOG.md. While 0.1.0 is not released: `make compatibility`."
)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_of_the_last_version_still_counts(name: str) -> None:
    before, now = json.loads((LAST / name).read_text(encoding="utf-8")), schemas_now().get(name)
    assert now is not None, f"{name} is gone. {WHAT_TO_DO}"
    if version_of(before) != version_of(now):
        return
    way = Way.TAKEN if name.startswith("payloads/") else Way.TOLD
    assert breaks(before, now, way) == [], WHAT_TO_DO


def version_of(schema: dict[str, Any]) -> Any:
    """An event without `schema_version` is of version 1."""
    return schema.get("properties", {}).get("schema_version", {"const": 1})


@pytest.mark.parametrize("table", sorted(TABLES_THEN))
def test_a_table_of_the_last_version_is_updated_and_not_replaced(table: str) -> None:
    """DynamoDB creates or deletes one index of a table in an update; its keys it never changes."""
    then, now = TABLES_THEN[table], tables_now()[table]
    assert then["key"] == now["key"], "another key is another table, without what this one has"
    same = [name for name in then["indexes"] if then["indexes"][name] == now["indexes"].get(name)]
    changed = (then["indexes"].keys() | now["indexes"].keys()) - set(same)
    assert len(changed) <= 1, f"one in each version, else CloudFormation fails: {sorted(changed)}"
    assert not (changed & then["indexes"].keys() & now["indexes"].keys()), "an index changes by a new name"


# ------------------------------------------------------------------------------------------ the rule itself
EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "status": {"$ref": "#/$defs/Status"},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"kwh": {"type": "number"}}}},
    },
    "required": ["id"],
    "$defs": {"Status": {"enum": ["ACTIVE", "COMPLETED"]}},
}


def changed(**properties: Any) -> dict[str, Any]:
    fields = EVENT["properties"] | properties  # type: ignore[operator]
    return EVENT | {"properties": {name: each for name, each in fields.items() if each is not None}}


@pytest.mark.parametrize(
    ("now", "told", "taken"),
    [
        (EVENT, [], []),
        (changed(new={"type": "string"}), [], []),
        (changed(new={"type": "string"}) | {"required": ["id", "new"]}, [], [".new: required or not"]),
        (EVENT | {"required": []}, [".id: required or not"], []),
        (changed(note=None), [".note: gone"], [".note: gone"]),
        (changed(id={"type": "integer"}), [".id: integer"], [".id: string"]),
        (changed(note={"anyOf": [{"type": "string"}]}), [], [".note: {'type': 'null'}"]),
        (
            EVENT | {"$defs": {"Status": {"enum": ["ACTIVE", "COMPLETED", "NEW"]}}},
            [".status: NEW"],
            [],
        ),
        (EVENT | {"$defs": {"Status": {"enum": ["ACTIVE"]}}}, [], [".status: COMPLETED"]),
        (
            changed(parts={"type": "array", "items": {"type": "object", "properties": {}}}),
            [".parts[].kwh: gone"],
            [".parts[].kwh: gone"],
        ),
        (changed(id={"type": "string", "maxLength": 36}), [], [".id: maxLength"]),
        (EVENT | {"description": "said otherwise", "title": "Event"}, [], []),
    ],
)
def test_what_breaks_a_consumer_and_what_a_caller(
    now: dict[str, Any], told: list[str], taken: list[str]
) -> None:
    assert breaks(EVENT, now, Way.TOLD) == told
    assert breaks(EVENT, now, Way.TAKEN) == taken


def test_a_definition_that_refers_to_itself_is_compared_once() -> None:
    def tree(leaf: dict[str, Any]) -> dict[str, Any]:
        node = {"type": "object", "properties": {"leaf": leaf, "next": {"$ref": "#/$defs/Node"}}}
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    was, now = tree({"type": "string"}), tree({"type": "number"})
    assert breaks(was, was, Way.TOLD) == []
    assert breaks(was, now, Way.TOLD) == [".leaf: number"]
