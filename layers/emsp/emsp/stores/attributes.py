"""Converts DynamoDB items to Python values with boto3's own serializer, for all stores that are not on a hot
path.

The serializer costs 0.4 ms at import and 1 µs a value, and returns every number as an exact Decimal. Code on
a hot path writes its attributes by hand: a push or a cold start waits for it, or it handles thousands of
objects (sessions, CDRs, inbound tokens, the quota, the catalogue). So do the parts of update expressions that
mix both forms.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer

from emsp.stores.table import Item

type Value = str | int | Decimal | bool | bytes | list[Value] | dict[str, Value] | None
"""The value of an attribute. A float is not allowed, because it would not stay exact (TypeError)."""

_SERIALIZER: Final = TypeSerializer()
_DESERIALIZER: Final = TypeDeserializer()


def attributes(values: Mapping[str, Value]) -> dict[str, Any]:
    """An item, a key or the values of an expression, in the client's own form."""
    return {name: _SERIALIZER.serialize(value) for name, value in values.items()}


def values_of(item: Item) -> dict[str, Any]:
    """The values of an item: text, Decimal, bool and bytes, and lists and maps of all but bytes."""
    return {name: _plain(_DESERIALIZER.deserialize(attribute)) for name, attribute in item.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401  the deserializer's own word for what it gives
    # The type stubs wrongly declare that __bytes__ returns a str.
    return bytes(value) if isinstance(value, Binary) else value  # type: ignore[call-overload]
