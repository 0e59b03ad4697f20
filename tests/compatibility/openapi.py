"""Find what a change of the driver's OpenAPI document breaks for an app that was built with the one before.

A client goes on if each request that it may send is still taken, and each answer is one that it can read.
New routes, optional parameters and fields, and problems of other statuses break nothing. The names that
a generator takes over (operations, tags, schemas) count too: an app whose client is made anew must compile.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.schemas.compatible import Way, breaks

type Document = dict[str, Any]

METHODS: Final = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
NAMES: Final = ("operationId", "tags")


def document_breaks(before: Document, now: Document) -> list[str]:
    """Each place where a client of `before` would fail with a server of `now`."""
    before, now = _prepared(before), _prepared(now)
    was, operations = _operations(before), _operations(now)
    found = [f"{route}: gone" for route in was.keys() - operations.keys()]
    found += [f"schema {name}: gone" for name in _names(before) - _names(now)]
    for route in was.keys() & operations.keys():
        compared = _Operation(was[route], operations[route], before, now)
        found += [f"{route} {each}" for each in compared.breaks()]
    return sorted(set(found))


def _names(document: Document) -> set[str]:
    """Of the models that a generated client has."""
    return set(document.get("components", {}).get("schemas", {}))


def _operations(document: Document) -> dict[str, dict[str, Any]]:
    """By method and path, each with the parameters of its path and the security of the whole."""
    return {
        f"{method.upper()} {path}": {
            "security": document.get("security", []),
            **operation,
            "parameters": [*item.get("parameters", []), *operation.get("parameters", [])],
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


class _Operation:
    def __init__(self, was: Any, now: Any, before: Document, after: Document) -> None:
        self._was, self._now = was, now
        self._before, self._after = before, after

    def breaks(self) -> Iterator[str]:
        yield from (name for name in NAMES if self._was.get(name) != self._now.get(name))
        if self._now["security"] not in (self._was["security"], [], [{}]):
            yield "security"
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()

    def _parameters(self) -> Iterator[str]:
        was, now = _parameters(self._was, self._before), _parameters(self._now, self._after)
        for key, parameter in now.items():
            if parameter.get("required") and not was.get(key, {}).get("required"):
                yield f"{key}: required"
        for key, parameter in was.items():
            if key not in now:
                yield f"{key}: gone"
            else:
                yield from self._schema(parameter, now[key], Way.TAKEN, key)

    def _body(self) -> Iterator[str]:
        was = _resolved(self._was.get("requestBody", {}), self._before)
        now = _resolved(self._now.get("requestBody", {}), self._after)
        if now.get("required") and not was.get("required"):
            yield "body: required"
        yield from self._content(was, now, Way.TAKEN, "body")

    def _responses(self) -> Iterator[str]:
        was, now = self._was["responses"], self._now["responses"]
        for status in was.keys() | now.keys():
            before, after = was.get(status, was.get("default")), now.get(status, now.get("default"))
            if not _is_problem(status) and not (status in was and status in now):
                yield f"{status}: {'new' if status in now else 'gone'}"
            elif before is None or after is None:
                yield f"{status}: {'new' if before is None else 'gone'}"
            else:
                yield from self._response(
                    _resolved(before, self._before), _resolved(after, self._after), status
                )

    def _response(self, was: Any, now: Any, status: str) -> Iterator[str]:
        yield from self._content(was, now, Way.TOLD, status)
        headers = {name.lower(): header for name, header in now.get("headers", {}).items()}
        for name, header in was.get("headers", {}).items():
            if name.lower() not in headers:
                yield f"{status} {name}: gone"
            else:
                yield from self._schema(header, headers[name.lower()], Way.TOLD, f"{status} {name}")

    def _content(self, was: Any, now: Any, way: Way, place: str) -> Iterator[str]:
        content = now.get("content", {})
        for kind, media in was.get("content", {}).items():
            if kind not in content:
                yield f"{place} {kind}: gone"
            else:
                yield from self._schema(media, content[kind], way, place)

    def _schema(self, was: Any, now: Any, way: Way, place: str) -> Iterator[str]:
        before, after = _schema(was, self._before), _schema(now, self._after)
        yield from (f"{place}{each}" for each in breaks(before, after, way))


def _is_problem(status: str) -> bool:
    return status == "default" or status[0] in "45"


def _parameters(operation: Any, document: Document) -> dict[str, Any]:
    """By where they stand and their name; HTTP does not distinguish the case of a header's."""
    resolved = [_resolved(each, document) for each in operation["parameters"]]
    return {
        f"{each['in']} {each['name'].lower() if each['in'] == 'header' else each['name']}": each
        for each in resolved
    }


def _resolved(value: Any, document: Document) -> Any:
    """A parameter, a body or a response may stand among the components too."""
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _prepared(document: Document) -> Document:
    """With definitions where JSON Schema has them."""
    text = json.dumps(document).replace('"#/components/schemas/', '"#/$defs/')
    prepared: Document = _open(json.loads(text))
    return prepared


def _schema(holder: Any, document: Document) -> dict[str, Any]:
    """Complete in itself."""
    return {**holder.get("schema", {}), "$defs": document.get("components", {}).get("schemas", {})}


def _open(schema: Any) -> Any:
    """Without the values that a set names which is open to others: `anyOf` of an enum and any string."""
    if isinstance(schema, list):
        return [_open(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if {"type": "string"} in schema.get("anyOf", []):
        others = [each for each in schema["anyOf"] if each.get("type") != "string"]
        schema = {**schema, "anyOf": [*others, {"type": "string"}]}
    return {key: _open(value) for key, value in schema.items()}
