"""What a driver wants to spend at most in a session: asked for with START_SESSION, held against the session
as it stands. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from emsp.invocation import Payload
from emsp.ocpi.json_text import JsonObject, dump_json, parse_json

NEAR: Final = Fraction(8, 10)
"""The part of a limit at which the driver is told that it is near."""


def _number(value: Any) -> Any:  # noqa: ANN401  # whatever a payload holds
    """A float means what it is written as."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, type(None))):
        raise ValueError("must be a number above 0")  # noqa: TRY004  # pydantic's own way to be told
    return Decimal(repr(value)) if isinstance(value, float) else value


Quantity = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(gt=0, lt=1_000_000_000, max_digits=18, decimal_places=9, json_schema_extra={"type": "number"}),
]


class SpendingLimit(Payload):
    """At which of these the session is stopped, whichever comes first. `cost_incl_vat` is in the session's
    currency, `minutes` are counted from its start_date_time.
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
        """Those that are given, by name."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in named.items() if value is not None}

    def as_text(self) -> str:
        """JSON text, the same for the same limit: `{"minutes":30}`."""
        return dump_json({name: _plain(value) for name, value in self.quantities().items()})

    @classmethod
    def of_text(cls, text: str) -> "SpendingLimit":
        value = parse_json(text)
        return cls.model_validate(value)


@dataclass(frozen=True)
class Held:
    """A session held against a limit: what is near it, and what is over, each with its limit and `so_far`.

    `contradicted`: what is over by one field of the session and not by another.
    """

    near: JsonObject
    over: JsonObject
    contradicted: JsonObject


def hold(
    limit: SpendingLimit, so_far: Mapping[str, Fraction], at_most: Mapping[str, Fraction] | None = None
) -> Held:
    """`so_far` has what is known of the session, by the names of the limit's fields. Where the session
    contradicts itself that is the least, and `at_most` the most: only the least stops it.
    """
    near: JsonObject = {}
    over: JsonObject = {}
    contradicted: JsonObject = {}
    for name, most in limit.quantities().items():
        used = so_far.get(name)
        if used is None:
            continue
        told: JsonObject = {"limit": most, "so_far": _decimal(used)}
        if used >= Fraction(most):
            over[name] = told
            continue
        if used >= NEAR * Fraction(most):
            near[name] = told
        told_at_most = (at_most or {}).get(name)
        if told_at_most is not None and told_at_most >= Fraction(most):
            contradicted[name] = {**told, "at_most": _decimal(told_at_most)}
    return Held(near, over, contradicted)


def minutes_marks(limit: SpendingLimit) -> tuple[timedelta, ...]:
    """After how much time from its start the clock may change what is told of a session."""
    if limit.minutes is None:
        return ()
    microseconds = 60_000_000 * Fraction(limit.minutes)
    return tuple(timedelta(microseconds=ceil(part * microseconds)) for part in (NEAR, Fraction(1)))


def _decimal(number: Fraction) -> Decimal:
    return _plain((Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("0.0001")))


def _plain(number: Decimal) -> Decimal:
    """Without zeros at its end, nor an exponent: 500.0 becomes 500."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
