"""Write request units of DynamoDB, as it bills them: by size, for the table and each index that changes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNIT_BYTES = 1024

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Index:
    """A global secondary index: its key's attributes, and what it holds besides (None: everything)."""

    key: tuple[str, ...]
    held: tuple[str, ...] | None = ()


def indexes(table: Mapping[str, Any]) -> list[Index]:
    """Those of a table's properties in a template."""
    found = []
    for each in table.get("GlobalSecondaryIndexes", []):
        projection = each["Projection"]
        held = (
            None if projection["ProjectionType"] == "ALL" else tuple(projection.get("NonKeyAttributes", ()))
        )
        found.append(Index(tuple(key["AttributeName"] for key in each["KeySchema"]), held))
    return found


def size(item: Item) -> int:
    """What DynamoDB takes for an item's size, in bytes."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(
    before: Item | None, after: Item, table_key: str, of: Sequence[Index], *, in_transaction: bool = False
) -> int:
    """What replacing `before` by `after` costs: the larger of both, and each index that it changes.

    A transaction costs twice as much for the table.
    """
    table = _units(max(size(before) if before else 0, size(after))) * (2 if in_transaction else 1)
    return table + sum(_index_units(before, after, table_key, index) for index in of)


def _index_units(before: Item | None, after: Item, table_key: str, index: Index) -> int:
    old, new = _entry(before, table_key, index), _entry(after, table_key, index)
    if old == new:
        return 0
    if old is None or new is None:
        return _units(size(old or new or {}))
    if any(old[name] != new[name] for name in index.key):
        return _units(size(old)) + _units(size(new))  # the entry is deleted and put anew
    return _units(max(size(old), size(new)))


def _entry(item: Item | None, table_key: str, index: Index) -> Item | None:
    if item is None or not all(name in item for name in index.key):
        return None
    if index.held is None:
        return item
    return {name: item[name] for name in (*index.key, table_key, *index.held) if name in item}


def _units(of_bytes: int) -> int:
    return max(1, math.ceil(of_bytes / UNIT_BYTES))


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content)
    if kind == "N":
        return math.ceil(len(content.lstrip("-").replace(".", "")) / 2) + 1
    raise AssertionError(f"no item of ours has a value of kind {kind}")
