"""The cursor of find_charges and list_disputes: the position at which a page ended.

Callers return it unchanged in `next`. Without I/O.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from emsp.invocation import InvalidInvocation
from emsp.ocpi.json_text import JsonObject, dump_json, parse_json
from emsp.stores.charge_indexes import IndexedKey

LENGTH_AT_MOST: Final = 4096


@dataclass(frozen=True)
class ChargesCursor:
    """A position: `part` is the number of the index range, `after` the last entry that was read in it."""

    part: int = 0
    after: IndexedKey | None = None


def write_cursor(cursor: ChargesCursor, question: JsonObject) -> str:
    """Return the cursor as text, for the `next` of an answer to `question`."""
    after = cursor.after
    content = dump_json(
        [_mark(question), cursor.part, after.key if after else None, after.at if after else None]
    )
    return base64.urlsafe_b64encode(content.encode()).decode()


def read_cursor(text: str, question: JsonObject, parts: int, function: str = "find_charges") -> ChargesCursor:
    """Return the cursor in `text`. Raises InvalidInvocation if it is not from an answer to the same
    question.
    """
    refused = InvalidInvocation(
        f"next is not from an answer of {function} to this question: give the same fields again, or leave "
        "next out for the first page"
    )
    try:
        value = parse_json(base64.b64decode(text, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise refused from None
    match value:
        case [str(mark), int(part), str(key), str(at)] if mark == _mark(question) and 0 <= part < parts:
            if key and at:
                return ChargesCursor(part, IndexedKey(key, at))
        case [str(mark), int(part), None, None] if mark == _mark(question) and 0 <= part < parts:
            return ChargesCursor(part)
    raise refused


def _mark(question: JsonObject) -> str:
    return hashlib.sha256(dump_json(question).encode()).hexdigest()[:16]
