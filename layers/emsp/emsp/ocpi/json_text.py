"""Read and write JSON with all digits of its numbers.

The standard parser converts a number with decimals to a float, which loses digits (8.10 becomes 8.1). Money
and energy need them, so here such a number becomes a `Decimal`, and a `Decimal` is written with all digits.
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
"""The largest number of nested levels. OCPI's objects need fewer than ten."""
MAX_VALUES = 300_000
"""The largest number of values. Each takes 300 bytes of memory. A CDR with 10,000 periods has a third of
this.
"""


class MalformedJson(ValueError):
    """The text is no JSON. The message says why and where."""


def parse_json(raw: bytes | str) -> JsonValue:
    """Return the value of a JSON text. Numbers with decimals or an exponent become `Decimal`.

    A byte order mark is skipped. Raises MalformedJson unless the text is one JSON value in UTF-8. NaN and
    Infinity, lone surrogates, more than `MAX_DEPTH` levels, and more than `MAX_VALUES` values are also
    rejected.
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
    # Only an escaped surrogate can leave half of a pair in a str, and such a str can't be encoded.
    if "\\ud" in text or "\\uD" in text:
        try:
            dump_json(value).encode()
        except UnicodeEncodeError:
            raise MalformedJson("a string contains half of a surrogate pair") from None
    return value


def stored_object(text: str, name: str) -> JsonObject:
    """Return the object in a text that we stored. `name` describes it in errors.

    Raises TypeError if the text is no object, because that is an error in our code.
    """
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError(f"{name} is not stored as a JSON object")
    return value


def dump_json(value: object) -> str:
    """Return the compact JSON text of a value of `parse_json`, or of tuples, enums and datetimes (in OCPI's
    form).

    Raises TypeError for a float, which has lost its digits, and for any other type. Raises ValueError for a
    Decimal that is not finite.
    """
    # The usual types come first, by exact type, because this runs for each value of each page.
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
    """Return the length of a text in JSON with only ASCII characters, without the quotes.

    Any other character takes six or twelve.
    """
    return len(encode_basestring_ascii(text)) - 2


def values_at_most(text: str) -> int:
    """Return an upper bound of the number of values in a JSON text. It also counts characters in strings."""
    # Most texts are too short to have so many values.
    return len(text) if len(text) <= MAX_VALUES else text.count(",") + text.count("[") + text.count("{") + 1


def _check_values(text: str) -> None:
    if values_at_most(text) > MAX_VALUES:
        raise MalformedJson(f"there are more than {MAX_VALUES} values")


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON value")


def _is_too_deep(text: str, value: JsonValue) -> bool:
    # Each level has a bracket, so a text with few brackets has few levels.
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
    """Return `value` if it is an object, or else an empty object."""
    return value if isinstance(value, dict) else {}


def objects_in(value: JsonObject, name: str) -> Iterator[JsonObject]:
    """Yield the objects in the list `value[name]`. Other members are skipped. If it is no list, yield
    nothing.
    """
    members = value.get(name)
    return (each for each in (members if isinstance(members, list) else ()) if isinstance(each, dict))
