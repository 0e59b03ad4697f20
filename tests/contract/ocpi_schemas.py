"""The hand-written schemas: validate with them, and make values from them."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parent / "schemas"
PATTERNS = {
    "DateTime": st.sampled_from(
        [
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00",
            "2026-11-22T10:00:00.2Z",
            "2026-12-31T23:59:59.123",
            "2028-02-29T00:00:00.1234Z",
        ]
    ),
    "URL": st.sampled_from(
        ["https://cpo.example.com/a?b=c", "http://127.0.0.1:8080/x", "https://पुणे.example/ü"]
    ),
    "Currency": st.sampled_from(["INR", "EUR", "USD"]),
}


@cache
def registry() -> "Registry[Any]":
    documents = [_with_nulls(json.loads(path.read_text())) for path in SCHEMAS.glob("*.json")]
    return Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in documents)


def _with_nulls(schema: Any) -> Any:
    """The schema, in which what may be left out may be null as well (terminology chapter, cardinality)."""
    if isinstance(schema, list):
        return [_with_nulls(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _with_nulls(each) for name, each in schema.items()}
    if schema.get("type") == "object":
        required = schema.get("required", ())
        inner["properties"] = {
            name: each if name in required else {"anyOf": [{"type": "null"}, each]}
            for name, each in inner["properties"].items()
        }
    return inner


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(registry().contents(f"{name}.json"), registry=registry())


def problems(name: str, value: Any) -> list[str]:
    """What the schema `name` finds wrong with a JSON value."""
    return [f"{error.json_path}: {error.message}"[:300] for error in validator(name).iter_errors(value)]


def objects(name: str) -> st.SearchStrategy[Any]:
    """Values that are valid by the schema `name`."""
    return _values(registry().contents(f"{name}.json"), f"{name}.json")


def _values(schema: Any, document: str) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _referenced(schema["$ref"], document)
    if "anyOf" in schema:
        return st.one_of([_values(each, document) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, document)
        case "array":
            least = schema.get("minItems", 0)
            return st.lists(_values(schema["items"], document), min_size=least, max_size=least + 1)
        case "string":
            return _string(schema)
        case "number":
            numbers = st.decimals(-100_000, 100_000, allow_nan=False, allow_infinity=False, places=4)
            return st.one_of(st.integers(-1000, 1000), numbers)
        case "integer":
            return st.integers(schema.get("minimum", 0), schema.get("maximum", 10_000))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    raise NotImplementedError(f"no values for {schema}")


def _referenced(reference: str, document: str) -> st.SearchStrategy[Any]:
    file, _, pointer = reference.partition("#")
    file = file or document
    name = pointer.rsplit("/", 1)[-1]
    if name in PATTERNS:
        return PATTERNS[name]
    schema = registry().contents(file)
    return _values(schema["$defs"][name] if name else schema, file)


def _object(schema: Any, document: str) -> st.SearchStrategy[Any]:
    required = {name: _values(schema["properties"][name], document) for name in schema["required"]}
    optional = {
        name: _values(each, document) for name, each in schema["properties"].items() if name not in required
    }
    return st.fixed_dictionaries(required, optional=optional)


def _string(schema: Any) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern", "")
    longest, least = schema.get("maxLength", 20), schema.get("minLength", 0)
    if pattern in ("^[ -~]*$", "^[!-~]*$"):
        characters = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")
        return st.text(characters, min_size=least, max_size=longest)
    if pattern.startswith("^[^"):
        printable = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
        return st.text(printable, min_size=least, max_size=min(longest, 40))
    return st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= longest and text.isascii())


def dumped(value: Any) -> bytes:
    """JSON text with every Decimal digit by digit."""
    if isinstance(value, Decimal):
        return str(value).encode()
    if isinstance(value, dict):
        members = b",".join(json.dumps(name).encode() + b":" + dumped(each) for name, each in value.items())
        return b"{" + members + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(dumped, value)) + b"]"
    return json.dumps(value).encode()
