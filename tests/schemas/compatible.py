"""Find what a change of a schema breaks for whoever uses the one before: `make compatibility` saves that one.

Of what we tell (events, answers), a new field is no break. A break is a field that is gone, that is not
always there any more, or that has other values, also one value more in an enum: whoever validates does not
know it. Of what we take (payloads), a break is a new field that is required, and a field that takes less
than before. A break is a new version of the schema, which events carry as `schema_version`.
"""

from enum import Enum
from typing import Any, Final

type Schema = dict[str, Any]

SAID_ONLY: Final = {"$defs", "$schema", "default", "deprecated", "description", "examples", "title"}
COMPARED: Final = {"additionalProperties", "const", "items", "properties", "required", "type"}
AT_LEAST: Final = {"exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum"}
AT_MOST: Final = {"exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum"}


class Way(Enum):
    """Who must be able to go on: a consumer of what we tell, or a caller whose payload we take."""

    TOLD = "told"
    TAKEN = "taken"


def breaks(before: Schema, now: Schema, way: Way) -> list[str]:
    """Each place where whoever goes by `before` would fail by `now`; both are complete in themselves."""
    return sorted(set(_Comparison(before, now, way).of(before, now, "")))


class _Comparison:
    """`given` is the schema of what is sent, `taker` that of who reads it: each value of the one must fit the
    other. Of what we tell, the new schema is given; of what we take, the one before.
    """

    def __init__(self, before: Schema, now: Schema, way: Way) -> None:
        self._before = before.get("$defs", {})
        self._now = now.get("$defs", {})
        self._told = way is Way.TOLD
        self._compared: dict[tuple[str, str], list[str]] = {}

    def of(self, before: Schema, now: Schema, place: str) -> list[str]:
        """Definitions are compared once, also those that refer to themselves."""
        if "$ref" not in before or "$ref" not in now:
            return self._alternatives(before, now, place)
        pair = (before["$ref"], now["$ref"])
        if pair not in self._compared:
            self._compared[pair] = []
            self._compared[pair] = self._alternatives(before, now, place)
        return self._compared[pair]

    def _alternatives(self, before: Schema, now: Schema, place: str) -> list[str]:
        was, can_be = _alternatives(before, self._before), _alternatives(now, self._now)
        if len(was) == len(can_be) == 1:
            return self._one(was[0], can_be[0], place)
        given, takers = (can_be, was) if self._told else (was, can_be)
        found: list[str] = []
        for each in given:
            tried = [self._one(*self._in_order(each, taker), place) for taker in takers]
            if [] in tried:
                continue
            alike = [
                wrong
                for wrong, taker in zip(tried, takers, strict=True)
                if _has_fields(each) and _has_fields(taker)
            ]
            found += alike[0] if len(alike) == 1 else [f"{place}: {each.get('const', each)}"]
        return found

    def _in_order(self, given: Schema, taker: Schema) -> tuple[Schema, Schema]:
        return (taker, given) if self._told else (given, taker)

    def _one(self, before: Schema, now: Schema, place: str) -> list[str]:
        given, taker = self._in_order(before, now)
        if "const" in taker and given.get("const") != taker["const"]:
            return [f"{place}: {given.get('const', 'any value')}"]
        if "type" in taker and not _is_of_type(given, taker["type"]):
            return [f"{place}: {given.get('type', 'any type')}"]
        found = self._fields(before, now, place) + self._further_fields(before, now, place)
        if "items" in taker:
            found += self.of(before.get("items", {}), now.get("items", {}), f"{place}[]")
        return found + [
            f"{place}: {key}"
            for key in taker.keys() - SAID_ONLY - COMPARED
            if "const" not in given and not _is_within(key, given, taker)
        ]

    def _fields(self, before: Schema, now: Schema, place: str) -> list[str]:
        was, fields = before.get("properties", {}), now.get("properties", {})
        required, still = set(before.get("required", [])), set(now.get("required", []))
        new = required - still if self._told else still - required
        found = [f"{place}.{name}: gone" for name in was.keys() - fields.keys()]
        found += [f"{place}.{name}: required or not" for name in new if name in fields or name in was]
        for name in was.keys() & fields.keys():
            found += self.of(was[name], fields[name], f"{place}.{name}")
        return found

    def _further_fields(self, before: Schema, now: Schema, place: str) -> list[str]:
        """Those that have no name in the schema. Whoever reads passes over a new field."""
        given, taker = (schema.get("additionalProperties", True) for schema in self._in_order(before, now))
        if taker is True or given is False or (taker is False and self._told):
            return []
        if isinstance(given, dict) and isinstance(taker, dict):
            return self.of(*self._in_order(given, taker), f"{place}.*")
        return [f"{place}: additionalProperties"]


def _alternatives(schema: Schema, definitions: dict[str, Schema]) -> list[Schema]:
    """Each by itself, without `$ref`, `anyOf`, `oneOf`, `enum` and lists of types."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "enum", *SAID_ONLY}}
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            found = [each for one in schema[keyword] for each in _alternatives(one, definitions)]
            return [{**rest, **each} for each in found]
    if "enum" in schema:
        return [{**rest, "const": value} for value in schema["enum"]]
    if isinstance(rest.get("type"), list):
        return [{**rest, "type": each} for each in rest["type"]]
    return [rest]


def _has_fields(schema: Schema) -> bool:
    return "properties" in schema


def _is_of_type(given: Schema, wanted: str) -> bool:
    named = given.get("type")
    if named is None:
        return "const" in given
    return bool(named == wanted or (named == "integer" and wanted == "number"))


def _is_within(key: str, given: Schema, taker: Schema) -> bool:
    """Whether what is given keeps to a rule of who reads it."""
    if key in AT_LEAST | AT_MOST:
        bound = given.get(key)
        return bound is not None and (bound >= taker[key] if key in AT_LEAST else bound <= taker[key])
    return bool(given.get(key) == taker[key])
