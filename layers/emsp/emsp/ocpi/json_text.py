"""Parses and writes JSON with every number exact to the digit.

The standard parser converts a number with a fraction to a float, which loses digits (8.10 becomes 8.1). Money
and energy must keep them. So such numbers become `Decimal` here, and a `Decimal` is written digit by digit.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring as _quote
from json.encoder import encode_basestring_ascii
from typing import NoReturn, cast

from emsp.ocpi.datetimes import write_datetime

type JsonValue = bool | int | Decimal | str | list[JsonValue] | dict[str, JsonValue] | None
type JsonObject = dict[str, JsonValue]

MAX_DEPTH = 100
"""The deepest nesting that is read. OCPI's own objects need fewer than ten levels."""
MAX_VALUES = 300_000
"""The largest number of values that is read. Each takes some 300 bytes of memory; a CDR with 10,000 periods
has a third of this.
"""


class MalformedJson(ValueError):
    """The text cannot be parsed as JSON. The message says why and where."""


def parse_json(raw: bytes | str) -> JsonValue:
    """Return the value of a JSON text. Numbers with a fraction or an exponent become `Decimal`. A byte order
    mark is skipped.

    Raises `MalformedJson` unless the text is one JSON value in UTF-8. It refuses NaN and Infinity, lone
    surrogates, nesting deeper than `MAX_DEPTH`, and more than `MAX_VALUES` values.
    """
    try:
        text = str(raw, "utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
        _check_values(text)
        value: JsonValue = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise MalformedJson(f"the text is not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise MalformedJson(f"arrays and objects are nested deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"the text is not JSON: {error}") from None
    except MalformedJson:
        raise
    except (ValueError, ArithmeticError):
        raise MalformedJson("a number has more digits than can be read") from None
    if _is_too_deep(text, value):
        raise MalformedJson(f"arrays and objects are nested deeper than {MAX_DEPTH}")
    # Only an escaped surrogate can leave half of a pair in a str. No later write could encode it.
    if "\\ud" in text or "\\uD" in text:
        try:
            dump_json(value).encode()
        except UnicodeEncodeError:
            raise MalformedJson("a string contains half of a surrogate pair") from None
    return value


def stored_object(text: str, name: str) -> JsonObject:
    """Return the object in a text that we stored. `name` names it in errors. Raises TypeError if the text is
    not an object, which would be a fault in our code.
    """
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError(f"{name} is not stored as a JSON object")
    return value


def dump_json(value: object) -> str:
    """Return the compact JSON text of a value of `parse_json`; also of tuples, enums and datetimes (in OCPI's
    form).

    Raises `TypeError` for a float, which has already lost its digits, and for any other type; `ValueError`
    for a Decimal that is not finite.
    """
    # The usual types come first, and by exact type: this runs for every value of every page.
    kind = type(value)
    if kind is str:
        return _quote(cast("str", value))
    if kind is int:
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quote(key)}:{dump_json(member)}" for key, member in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([dump_json(member) for member in value]) + "]"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} can't be written as JSON: it is not a finite number")
        return str(value)
    return _dump_rare(value)


def _dump_rare(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return dump_json(value.value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, datetime):
        return _quote(write_datetime(value))
    raise TypeError(
        f"{type(value).__name__} can't be written as JSON: use Decimal, int, str, bool, list or dict"
    )


def ascii_length(text: str) -> int:
    """Return the length of a text in JSON that has only ASCII characters, without the quotes. There, some
    characters take six or twelve.
    """
    return len(encode_basestring_ascii(text)) - 2


def values_at_most(text: str) -> int:
    """Return an upper bound for the number of values in a JSON text. Characters inside strings count too."""
    # Most texts are too short for so many values.
    return len(text) if len(text) <= MAX_VALUES else text.count(",") + text.count("[") + text.count("{") + 1


def _check_values(text: str) -> None:
    if values_at_most(text) > MAX_VALUES:
        raise MalformedJson(f"there are more than {MAX_VALUES} values")


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON value")


def _is_too_deep(text: str, value: JsonValue) -> bool:
    # Each level opens a bracket, so few brackets mean few levels.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH):
        containers: list[JsonValue] = []
        for container in level:
            members = (
                container.values() if isinstance(container, dict) else cast("list[JsonValue]", container)
            )
            containers += [member for member in members if type(member) is dict or type(member) is list]
        if not containers:
            return False
        level = containers
    return True


def as_object(value: object) -> JsonObject:
    """Return `value` if it is an object, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: JsonObject, name: str) -> Iterator[JsonObject]:
    """Return the objects in the list `value[name]`. Other members are skipped, and anything but a list is
    empty.
    """
    members = value.get(name)
    return (each for each in (members if isinstance(members, list) else ()) if isinstance(each, dict))
