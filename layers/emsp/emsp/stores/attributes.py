"""Convert DynamoDB items to Python values and back, with boto3's own serializer.

It takes 0.4 ms at import and 1 µs a value, and returns every number as an exact Decimal. Hot paths write
their attributes by hand, because a push or a cold start waits for them, or because they write thousands of
objects: sessions, CDRs, inbound tokens, the quota, the catalogue. Update expressions that mix both forms do
the same.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer

from emsp.stores.table import Item

type Value = str | int | Decimal | bool | bytes | list[Value] | dict[str, Value] | None
"""The value of an attribute. A float raises TypeError, because it would not stay exact."""

_SERIALIZER: Final = TypeSerializer()
_DESERIALIZER: Final = TypeDeserializer()


def attributes(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return an item, a key or the values of an expression in the form that the client expects."""
    return {name: _SERIALIZER.serialize(value) for name, value in values.items()}


def values_of(item: Item) -> dict[str, Any]:
    """Return the values of an item: str, Decimal, bool and bytes, and lists and maps of all but bytes."""
    return {name: _plain(_DESERIALIZER.deserialize(attribute)) for name, attribute in item.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401  the deserializer declares Any
    # The type stubs wrongly declare that __bytes__ returns a str.
    return bytes(value) if isinstance(value, Binary) else value  # type: ignore[call-overload]
