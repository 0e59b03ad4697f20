"""Merge the lines of a check for people: the result has one line for each price."""

from collections.abc import Iterable
from typing import Final

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.pricing.amounts import ZERO, exact, text

_SUMMED: Final = ("measured", "billed", "excl_vat", "incl_vat")
_SAME: Final = ("part", "dimension", "unit", "price", "vat", "tariff", "element")


def merged_lines(lines: Iterable[JsonObject]) -> list[JsonObject]:
    """Merge the lines that have the same price of the same element.

    A merged line has their sums, and their number in `periods`. Its other values are those of the first line.
    """
    found: dict[str, list[JsonObject]] = {}
    for each in lines:
        found.setdefault(dump_json([each.get(name) for name in _SAME]), []).append(each)
    return [_merged(each) for each in found.values()]


def _merged(lines: list[JsonObject]) -> JsonObject:
    sums: JsonObject = {
        name: text(sum((exact(each.get(name)) or ZERO for each in lines), ZERO)) for name in _SUMMED
    }
    return {**lines[0], **sums, "periods": sum(int(str(each.get("periods", 1))) for each in lines)}
