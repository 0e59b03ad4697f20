"""What a change of a schema breaks for whoever uses the one before: `make compatibility` keeps that one.

Of what we tell (events, answers), a new field is no break. A break is a field that is gone, that is not
always there any more, or that has other values, also one value more in an enum: whoever validates does not
know it. Of what we take (payloads), a break is a new field that is required, and a field that takes less
than before. A break is a new version of the schema, which events carry as `schema_version`.
"""

from enum import Enum
from typing import Any

type Schema = dict[str, Any]

SAID_ONLY = {"$defs", "$schema", "default", "description", "title", "properties", "required", "items"}
ALTERNATIVES = ("anyOf", "oneOf", "enum", "type")


class Way(Enum):
    """Who must be able to go on: a consumer of what we tell, or a caller whose payload we take."""

    TOLD = "told"
    TAKEN = "taken"


def breaks(before: Schema, now: Schema, way: Way) -> list[str]:
    """Each place where whoever goes by `before` would fail by `now`; both are complete in themselves."""
    return sorted(set(_Comparison(before, now, way).of(before, now, "")))


class _Comparison:
    def __init__(self, before: Schema, now: Schema, way: Way) -> None:
        self._before = before.get("$defs", {})
        self._now = now.get("$defs", {})
        self._way = way
        self._compared: set[tuple[str, str]] = set()

    def of(self, before: Any, now: Any, place: str) -> list[str]:
        """Definitions that refer to themselves are compared once."""
        if "$ref" in before and "$ref" in now:
            pair = (before["$ref"], now["$ref"])
            if pair in self._compared:
                return []
            self._compared.add(pair)
        before, now = _followed(before, self._before), _followed(now, self._now)
        found = self._fields(before, now, place) + self._alternatives(before, now, place)
        if "items" in before or "items" in now:
            found += self.of(before.get("items", {}), now.get("items", {}), f"{place}[]")
        others = (before.keys() | now.keys()) - SAID_ONLY - {*ALTERNATIVES}
        found += [f"{place}: {key}" for key in others if before.get(key) != now.get(key)]
        return found

    def _fields(self, before: Schema, now: Schema, place: str) -> list[str]:
        was, fields = before.get("properties", {}), now.get("properties", {})
        required, still = set(before.get("required", [])), set(now.get("required", []))
        new = required - still if self._way is Way.TOLD else still - required
        found = [f"{place}.{name}: gone" for name in was.keys() - fields.keys()]
        found += [f"{place}.{name}: required or not" for name in new if name in fields or name in was]
        for name in was.keys() & fields.keys():
            found += self.of(was[name], fields[name], f"{place}.{name}")
        return found

    def _alternatives(self, before: Schema, now: Schema, place: str) -> list[str]:
        was, can_be = _alternatives(before), _alternatives(now)
        if len(was) == len(can_be) and all(isinstance(each, dict) for each in (*was, *can_be)):
            pairs = zip(was, can_be, strict=True)
            return [each for one, other in pairs for each in self.of(one, other, place)]
        narrower, wider = (can_be, was) if self._way is Way.TOLD else (was, can_be)
        return [f"{place}: {each}" for each in narrower if each not in wider] if wider or not was else []


def _followed(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _alternatives(schema: Schema) -> list[Any]:
    for keyword in ALTERNATIVES:
        if keyword in schema:
            value = schema[keyword]
            return value if isinstance(value, list) else [value]
    return []
