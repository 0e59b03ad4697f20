"""A driver's limit for a session: cost, energy or minutes. Without I/O.

START_SESSION has the limit, and enforce_limits compares the session with it.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from emsp.invocation import Payload
from emsp.ocpi.json_text import JsonObject, dump_json, parse_json

NEAR: Final = Fraction(8, 10)
"""The share of a limit at which `Limit Near` is published."""


def _number(value: Any) -> Any:  # noqa: ANN401  # any value of a payload
    """Return a float as the Decimal with the same digits. Raises ValueError if it is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, type(None))):
        raise ValueError("must be a number above 0")  # noqa: TRY004  # pydantic wants a ValueError
    return Decimal(repr(value)) if isinstance(value, float) else value


Quantity = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(gt=0, lt=1_000_000_000, max_digits=18, decimal_places=9),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1_000_000_000}),
]


class SpendingLimit(Payload):
    """The session is stopped when it reaches one of these.

    `cost_incl_vat` is in the currency of the session. `minutes` count from its start_date_time.
    """

    cost_incl_vat: Quantity | None = None
    energy_kwh: Quantity | None = None
    minutes: Quantity | None = None

    @model_validator(mode="after")
    def _any(self) -> Self:
        if not self.quantities():
            raise ValueError("must give cost_incl_vat, energy_kwh or minutes")
        return self

    def quantities(self) -> dict[str, Decimal]:
        """Return the given quantities by name."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in named.items() if value is not None}

    def as_text(self) -> str:
        """Return the limit as JSON text, such as `{"minutes":30}`. Equal limits have the same text."""
        return dump_json({name: _plain(value) for name, value in self.quantities().items()})

    @classmethod
    def of_text(cls, text: str) -> "SpendingLimit":
        value = parse_json(text)
        return cls.model_validate(value)


class LimitComparison(NamedTuple):
    """A session compared with its limit.

    `near` and `over` have the quantities near and beyond the limit, each with `limit` and `so_far`.
    `contradicted` has those that are beyond it by one field of the session, but not by another.
    """

    near: JsonObject
    over: JsonObject
    contradicted: JsonObject


def compare_with_limit(
    limit: SpendingLimit, so_far: Mapping[str, Fraction], at_most: Mapping[str, Fraction] | None = None
) -> LimitComparison:
    """Compare a session with a limit.

    `so_far` is what the session has used, by the names of the limit's fields. If the session contradicts
    itself, `so_far` has the smallest and `at_most` the largest value. Only the smallest value can stop the
    session.
    """
    near: JsonObject = {}
    over: JsonObject = {}
    contradicted: JsonObject = {}
    for name, most in limit.quantities().items():
        used = so_far.get(name)
        if used is None:
            continue
        compared: JsonObject = {"limit": most, "so_far": _decimal(used)}
        if used >= Fraction(most):
            over[name] = compared
            continue
        if used >= NEAR * Fraction(most):
            near[name] = compared
        told_at_most = (at_most or {}).get(name)
        if told_at_most is not None and told_at_most >= Fraction(most):
            contradicted[name] = {**compared, "at_most": _decimal(told_at_most)}
    return LimitComparison(near, over, contradicted)


def minutes_marks(limit: SpendingLimit) -> tuple[timedelta, ...]:
    """Return the times after the start at which the session comes near its limit of minutes, and reaches
    it.
    """
    if limit.minutes is None:
        return ()
    microseconds = 60_000_000 * Fraction(limit.minutes)
    return tuple(timedelta(microseconds=ceil(part * microseconds)) for part in (NEAR, Fraction(1)))


def _decimal(number: Fraction) -> Decimal:
    return _plain((Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("0.0001")))


def _plain(number: Decimal) -> Decimal:
    """Return the number without trailing zeros and exponent: 500.0 becomes 500."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
