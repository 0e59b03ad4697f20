"""JSON text in and out, with every number exact to the digit.

The standard parser takes a number with a fraction through a float, which loses digits (8.10 becomes 8.1). Money and
energy must not lose any, so such numbers become `Decimal` here, and a `Decimal` is written digit by digit.
"""

import json
from datetime import datetime
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring as _quote
from typing import NoReturn

from emsp.ocpi.datetimes import write_datetime

type JsonValue = None | bool | int | Decimal | str | list[JsonValue] | dict[str, JsonValue]
type JsonObject = dict[str, JsonValue]

MAX_DEPTH = 100
"""Arrays and objects within each other that are still read; OCPI's own objects need fewer than ten."""


class MalformedJson(ValueError):
    """The text is not JSON that can be read; the message says why and where."""


def parse_json(raw: bytes | str) -> JsonValue:
    """The value of a JSON text. Numbers with a fraction or an exponent become `Decimal`. A byte order mark is skipped.

    Raises `MalformedJson` for anything else than one JSON value in UTF-8: also for NaN and Infinity, for half of a
    surrogate pair, and for arrays and objects nested deeper than `MAX_DEPTH`.
    """
    try:
        text = str(raw, "utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
        value: JsonValue = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise MalformedJson(f"the text is not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise MalformedJson(f"arrays and objects are nested deeper than {MAX_DEPTH}") from None
    except (ValueError, ArithmeticError) as error:
        raise MalformedJson(f"the text is not JSON: {error}") from None
    # Each level opens a bracket, so few brackets prove that there are few levels.
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper_than(MAX_DEPTH, value):
        raise MalformedJson(f"arrays and objects are nested deeper than {MAX_DEPTH}")
    # Only an escaped surrogate can leave half of a pair in a str, which no later write could encode.
    if "\\ud" in text or "\\uD" in text:
        try:
            dump_json(value).encode()
        except UnicodeEncodeError:
            raise MalformedJson("a string holds half of a surrogate pair") from None
    return value


def dump_json(value: object) -> str:
    """The compact JSON text of what `parse_json` makes; also of tuples, enums and datetimes (as OCPI writes them).

    Raises `TypeError` for a float, which has already lost its digits, and for any other type; `ValueError` for a
    Decimal that is not a number.
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)


def _write(value: object, parts: list[str]) -> None:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        parts.append(_quote(value))
    elif value is None or isinstance(value, bool):
        parts.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, int):
        parts.append(int.__repr__(value))
    elif isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} can't be written as JSON: it is no finite number")
        parts.append(str(value))
    elif isinstance(value, dict):
        separator = "{"
        for key, member in value.items():
            parts.append(f"{separator}{_quote(key)}:")
            _write(member, parts)
            separator = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for member in value:
            parts.append(separator)
            _write(member, parts)
            separator = ","
        parts.append("]" if value else "[]")
    elif isinstance(value, datetime):
        parts.append(_quote(write_datetime(value)))
    else:
        raise TypeError(
            f"{type(value).__name__} can't be written as JSON: use Decimal, int, str, bool, list or dict"
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _is_deeper_than(limit: int, value: JsonValue) -> bool:
    level: list[JsonValue] = [value]
    for _ in range(limit):
        level = [
            member
            for container in level
            if isinstance(container, dict | list)
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, dict | list)
        ]
        if not level:
            return False
    return True
