"""Split a page of an OCPI list into the texts of its objects.

A pull compares texts: if an object has the same characters as in the last pull, it has not changed and is not
validated. So each object has its text as received, with all digits and unknown fields, and `peek`, a quick
view in which numbers are text. Source: OCPI 2.2.1, transport_and_format, response format and pagination.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from json.scanner import make_scanner
from typing import Any, NamedTuple

from emsp.ocpi.json_text import MAX_VALUES, values_at_most

WHITESPACE = re.compile(r"[ \t\r\n]*")
WHOLE_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)
BYTE_ORDER_MARK = "\ufeff"
BRACE_OR_STRING = re.compile(r'[{}]|"(?:[^"\\]|\\.)*+"?', re.DOTALL)
IDENTITY = re.compile(r'"(country_code|party_id|id)"\s*+:\s*+"([^"\\]*+)"')


class MalformedList(ValueError):
    """The text is no JSON object with OCPI's envelope. The message says where."""


class UnreadableList(MalformedList):
    """The text has too many values or is nested too deeply."""


class ListedObject(NamedTuple):
    """An element of `data`: its text as received, and its value with numbers as text."""

    text: str
    peek: Any


@dataclass(frozen=True)
class ListText:
    """An answer with a list. `objects` is None if `data` is no list.

    If `data` is null or missing, the list is empty (terminology chapter, cardinality). `passed` is the number
    of known objects, which are not in `objects`.
    """

    status_code: int | None
    objects: list[ListedObject] | None
    passed: int = 0


type Known = Callable[[str, int], int | None]
"""Returns where the object at this position of a text ends if its characters are known, or None."""


def _keep_text(number: str) -> str:
    return number


# Not strict, so that a control character makes only its own object invalid.
_decoder = json.JSONDecoder(
    parse_float=_keep_text, parse_int=_keep_text, parse_constant=_keep_text, strict=False
)
_scan: Callable[[str, int], tuple[Any, int]] = make_scanner(_decoder)  # type: ignore[arg-type] # typeshed knows the pure Python one only


def split_list(raw: bytes, known: Known | None = None) -> ListText:
    """Split an answer into the texts of its objects, without those that are `known`.

    Raises MalformedList, and UnreadableList if the objects have more than MAX_VALUES values. Bytes that are
    not UTF-8 become lone surrogates, so that only their own object is invalid.
    """
    text = raw.decode("utf-8", "surrogateescape").removeprefix(BYTE_ORDER_MARK)
    try:
        fields, objects, passed = _split_envelope(text, known or _nothing_known)
    except StopIteration as stop:
        raise MalformedList(
            f"the answer is not JSON: it breaks at character {stop.value} of {len(text)}"
        ) from None
    except json.JSONDecodeError as error:
        raise MalformedList(
            f"the answer is not JSON: {error.msg} at character {error.pos} of {len(text)}"
        ) from None
    except RecursionError:
        raise UnreadableList("the answer is nested too deeply to be read") from None
    if objects is None and fields.get("data") is None:
        objects = []
    code = fields.get("status_code")
    return ListText(
        status_code=int(match[1]) if (match := WHOLE_NUMBER.fullmatch(str(code))) else None,
        objects=objects,
        passed=passed,
    )


def _nothing_known(_text: str, _at: int) -> int | None:
    return None


def _split_envelope(text: str, known: Known) -> tuple[dict[str, Any], list[ListedObject] | None, int]:
    fields: dict[str, Any] = {}
    objects: list[ListedObject] | None = None
    passed = 0
    at = _expect(text, _skip(text, 0), "{")
    if text[at : at + 1] == "}":
        at += 1
    else:
        while True:
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("a field's name is not a string", text, at)
            name, at = _scan(text, at)
            at = _expect(text, _skip(text, at), ":")
            if name == "data" and text[at : at + 1] == "[":
                objects, passed, at = _split_array(text, at, known)
            else:
                fields[name], at = _scan(text, at)
            at = _skip(text, at)
            if text[at : at + 1] == "}":
                at += 1
                break
            at = _expect(text, at, ",")
    at = _skip(text, at)
    if at != len(text):
        raise json.JSONDecodeError("more than one value", text, at)
    return fields, objects, passed


def _split_array(text: str, at: int, known: Known) -> tuple[list[ListedObject], int, int]:
    objects: list[ListedObject] = []
    passed = 0
    values = 0
    at = _expect(text, at, "[")
    if text[at : at + 1] == "]":
        return objects, passed, at + 1
    while True:
        end = known(text, at)
        if end is None:
            peek, end = _element(text, at)
            objects.append(ListedObject(text[at:end], peek))
            values += values_at_most(objects[-1].text)
            if values > MAX_VALUES:
                raise UnreadableList(f"the list has more than {MAX_VALUES} values")
        else:
            passed += 1
        if text[end : end + 2] == ",{":
            at = end + 1
            continue
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return objects, passed, at + 1
        at = _expect(text, at, ",")


def _element(text: str, at: int) -> tuple[Any, int]:
    """Return the element that begins at this character, and its end.

    If it is no valid JSON, its braces show its end, and only its ids are read. If the braces do not show the
    end, the error of the scanner is raised.
    """
    try:
        return _scan(text, at)
    except (StopIteration, json.JSONDecodeError, RecursionError):
        end = _end_by_braces(text, at)
        if end is None:
            raise
    identity: dict[str, str] = {}
    for name, value in IDENTITY.findall(text, at, end):
        identity.setdefault(name, value)
    return identity, end


def _end_by_braces(text: str, at: int) -> int | None:
    if text[at : at + 1] != "{":
        return None
    depth = 0
    for each in BRACE_OR_STRING.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(each[0], 0)
        if depth == 0:
            return each.end()
    return None


def _skip(text: str, at: int) -> int:
    match = WHITESPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, character: str) -> int:
    if text[at : at + 1] != character:
        raise json.JSONDecodeError(f"{character!r} expected", text, at)
    return _skip(text, at + 1)
