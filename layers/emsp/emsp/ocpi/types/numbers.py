"""OCPI's number, int and boolean. Numbers have all their digits."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import Field, PlainValidator, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from emsp.ocpi.types.permissive import Permissively

_MAX_EXPONENT = 100
_LARGEST = 10**_MAX_EXPONENT


def _number(value: object) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    # Arithmetic with a number such as 1E+999999999 would never end.
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _MAX_EXPONENT:
        return value
    raise PydanticCustomError("ocpi", "is not a number")


def _number_in_any_form(value: object) -> Decimal:
    if not isinstance(value, str):
        return _number(value)
    if not value.isascii() or "_" in value:
        raise PydanticCustomError("ocpi", "is not a number")
    try:
        return _number(Decimal(value))
    except InvalidOperation:
        raise PydanticCustomError("ocpi", "is not a number") from None


def int_in_any_form(value: object) -> int:
    """Return the whole number in `value`, which may be a string, or a number such as 5.0."""
    if type(value) is int and abs(value) < _LARGEST:
        return value
    number = _number_in_any_form(value)
    if number != number.to_integral_value():
        raise PydanticCustomError("ocpi", "is not a whole number")
    return int(number)


INT_IN_ANY_FORM = Permissively(PlainValidator(int_in_any_form))

Number = Annotated[
    Decimal,
    PlainValidator(_number),
    Permissively(PlainValidator(_number_in_any_form)),
    WithJsonSchema({"type": "number", "format": "decimal"}),
]
"""OCPI's number, exact to the digit. The permissive reading also accepts a string."""
Int = Annotated[int, Strict(), INT_IN_ANY_FORM]
"""The permissive reading also accepts a string, or a fraction of zero."""
Weekday = Annotated[int, Strict(), Field(ge=1, le=7), INT_IN_ANY_FORM]
"""Monday (1) to Sunday (7)."""
Bool = Annotated[bool, Strict(), Permissively()]
"""True or false. The permissive reading also accepts 1, 0 and words for them."""
