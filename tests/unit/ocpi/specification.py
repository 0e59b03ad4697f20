"""OCPI 2.2.1's tables of classes, fields and enums as data, and sample objects made from them alone."""

import json
from decimal import Decimal
from pathlib import Path

from emsp.ocpi import (
    cdr_token,
    cdrs,
    commands,
    connector_enums,
    energy_mix,
    hubclientinfo,
    locations,
    sessions,
    tariffs,
    tokens,
)
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types import classes
from tests.contract import hub_answers

_MODULES = (
    cdr_token,
    cdrs,
    commands,
    connector_enums,
    energy_mix,
    hubclientinfo,
    locations,
    sessions,
    tariffs,
    tokens,
    classes,
    hub_answers,
)
_TABLES = json.loads(Path(__file__).with_name("specification_tables.json").read_text())

CLASSES: dict[str, dict[str, tuple[str, str]]] = {
    name: {field: (type_, cardinality) for field, (type_, cardinality) in fields.items()}
    for name, fields in _TABLES["classes"].items()
}
"""Class -> field -> (type, cardinality)."""
ENUMS: dict[str, list[str]] = _TABLES["enums"]

_OUR_NAMES = {"ConnectionStatus": "ConnectionState"}

# Strings whose form a table tells only in words.
_FORMED = {
    "currency": "INR",
    "evse_id": "IN*ABC*E1",
    "country": "IND",
    "language": "en",
    "latitude": "19.075983",
    "longitude": "-72.877655",
    "period_begin": "08:00",
    "period_end": "20:00",
    "start_time": "08:00",
    "end_time": "20:00",
    "start_date": "2026-11-22",
    "end_date": "2026-11-23",
}


def model(name: str) -> type[OcpiModel]:
    """Our class for the one of the specification."""
    found = python_name(name)
    assert isinstance(found, type)
    assert issubclass(found, OcpiModel)
    return found


def python_name(name: str) -> object:
    our_name = _OUR_NAMES.get(name, name)
    return next(vars(module)[our_name] for module in _MODULES if our_name in vars(module))


def minimal(class_name: str) -> JsonObject:
    """An object with its required fields only."""
    fields = CLASSES[class_name].items()
    return {name: sample(name, kind, card) for name, (kind, card) in fields if card in {"1", "+"}}


def complete(class_name: str) -> JsonObject:
    """An object with every field that there is."""
    return {name: sample(name, kind, card) for name, (kind, card) in CLASSES[class_name].items()}


def sample(field: str, kind: str, cardinality: str) -> JsonValue:
    value = _sample(field, kind)
    return [value] if cardinality in {"*", "+"} else value


def _sample(field: str, kind: str) -> JsonValue:
    match kind.partition("(")[0]:
        case "DateTime":
            return "2026-11-23T10:00:00Z" if field == "end_date_time" else "2026-11-22T10:00:00Z"
        case "number":
            return Decimal("8.10")
        case "int":
            return 1
        case "boolean":
            return True
        case "URL":
            return "https://cpo.example.in/ocpi/2.2.1"
        case "string" | "CiString":
            return _FORMED.get(field, "IN"[: length(kind)])
        case name if name in ENUMS:
            return ENUMS[name][0]
        case name:
            return complete(name)


def length(kind: str) -> int | None:
    """The greatest length of a string type, None for other types."""
    if kind == "URL":
        return 255
    name, _, digits = kind.rstrip(")").partition("(")
    return int(digits) if name in {"string", "CiString"} else None


def exact_text(value: JsonValue) -> str:
    """A text that tells 8.10 from 8.1, which compare as equal; the order of fields does not matter."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{exact_text(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(exact_text, value)) + "]"
    return dump_json(value)
