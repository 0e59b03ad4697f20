"""One hash for one content, however a sender orders its fields, writes its numbers, spells out absent
ones.
"""

import hashlib
import json
from decimal import Decimal

from emsp.ocpi.json_text import JsonValue


def content_hash(value: JsonValue) -> str:
    """Hex SHA-256 of a JSON value. 8.10 and 8.1 are one number; a null field is an absent one; order in lists
    counts.
    """
    text = json.dumps(_normal(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def _normal(value: JsonValue) -> object:
    if isinstance(value, dict):
        return {key: _normal(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_normal(member) for member in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return ["number", *_digits(Decimal(value))]
    return value


def _digits(number: Decimal) -> tuple[int, str, int]:
    """Sign, digits without zeros at the end, exponent: exact, where Decimal.normalize would round."""
    sign, digits, exponent = number.as_tuple()
    kept = "".join(map(str, digits)).lstrip("0").rstrip("0")
    if not kept:
        return 0, "0", 0
    trailing = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return sign, kept, int(exponent) + trailing
