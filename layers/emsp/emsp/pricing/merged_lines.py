"""The lines of a check as people read them: one for each price, whatever number of periods it was for."""

from collections.abc import Iterable
from typing import Final

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.pricing.amounts import ZERO, exact, text

_SUMMED: Final = ("measured", "billed", "excl_vat", "incl_vat")
_SAME: Final = ("part", "dimension", "unit", "price", "vat", "tariff", "element")


def merged_lines(lines: Iterable[JsonObject]) -> list[JsonObject]:
    """`lines` as a check tells them; those of the same price of the same element are one, with their sums
    and `periods`, how many there were. What else they say is of the first.
    """
    found: dict[str, list[JsonObject]] = {}
    for each in lines:
        found.setdefault(dump_json([each.get(name) for name in _SAME]), []).append(each)
    return [_merged(each) for each in found.values()]


def _merged(lines: list[JsonObject]) -> JsonObject:
    sums: JsonObject = {
        name: text(sum((exact(each.get(name)) or ZERO for each in lines), ZERO)) for name in _SUMMED
    }
    return {**lines[0], **sums, "periods": len(lines)}
