"""Hash the content of a JSON value.

Values that differ only in the order of fields, in the notation of numbers, or in null and absent fields have
the same hash.
"""

import hashlib
import json
from decimal import Decimal
from json.encoder import encode_basestring as _quote

from emsp.ocpi.json_text import JsonValue


def content_hash(value: JsonValue) -> str:
    """Return the SHA-256 of a JSON value, in hex.

    8.10 equals 8.1, and a null field equals an absent one. The order in a list matters.
    """
    return hashlib.sha256(canonical_text(value).encode("utf-8", errors="surrogatepass")).hexdigest()


def canonical_text(value: JsonValue) -> str:
    """Return a text that is the same for values with the same content.

    It is built piece by piece, because a copy of the value would take ten times the memory.
    """
    if isinstance(value, dict):
        members = [
            f"{_quote(name)}:{canonical_text(value[name])}"
            for name in sorted(value)
            if value[name] is not None
        ]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join([canonical_text(member) for member in value]) + "]"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _number(Decimal(value))
    return json.dumps(value, ensure_ascii=False)


def _number(number: Decimal) -> str:
    """Return the digits of a number, without leading and trailing zeros, and its exponent.

    This is exact. Decimal.normalize would round.
    """
    # A text, because as_tuple creates an int for each digit, and a sender may send millions of digits.
    mantissa, _, exponent = str(number).lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = whole + fraction
    kept = digits.strip("0")
    if not kept:
        return "0e0"
    trailing = len(digits) - len(digits.rstrip("0"))
    return f"{'-' if number < 0 else ''}{kept}e{int(exponent or 0) - len(fraction) + trailing}"
