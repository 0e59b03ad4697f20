"""Amounts in a payload: a decimal string, or a number with exactly the given digits."""

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from emsp.pricing.amounts import exact, text

_PLACES: Final = 9
_LARGEST: Final = 1_000_000_000


def _decimal(value: Any) -> Any:  # noqa: ANN401  # any value of a payload
    number = None if isinstance(value, bool) else exact(value)
    if number is None or abs(number) >= _LARGEST or (number * 10**_PLACES).denominator != 1:
        raise ValueError('must be a number or a decimal string such as "1.50", with at most 9 decimals')
    return Decimal(text(number, _PLACES))


_EITHER: Final[dict[str, Any]] = {"type": ["number", "string"]}


def _in_percent(vat: Decimal) -> Decimal:
    if 0 < vat < 1:
        raise ValueError(f"must be in percent, such as 18: {vat} is probably a ratio")
    return vat


def _given(**bounds: Any) -> Any:  # noqa: ANN401  # a part of Annotated
    return Field(**bounds, json_schema_extra=_EITHER)


type Signed = Annotated[Decimal, BeforeValidator(_decimal), _given()]
"""An amount of money. A negative one is a discount."""
type NotNegative = Annotated[Decimal, BeforeValidator(_decimal), _given(ge=0)]
type Percent = Annotated[Decimal, BeforeValidator(_decimal), _given(ge=-100, le=10_000)]
type VatPercent = Annotated[
    Decimal, BeforeValidator(_decimal), AfterValidator(_in_percent), _given(ge=0, le=100)
]
type RoundTo = Annotated[Decimal, BeforeValidator(_decimal), _given(gt=0, le=1000)]
