"""A price plan: the rules for what a driver pays. The first rule that matches the connector applies.

Without I/O.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emsp.invocation import ObjectId, Payload
from emsp.ocpi.currencies import DECIMALS
from emsp.ocpi.json_text import JsonObject
from emsp.retail.own_tariff import OwnTariff
from emsp.retail.payload_amounts import NotNegative, Percent, RoundTo, Signed, VatPercent

RULES_AT_MOST: Final = 2000
IDS_AT_MOST: Final = 1000
"""The largest number of CPOs, or of locations, in one rule."""

type PlanId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
type Watts = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]


def _iso_4217(code: str) -> str:
    if code not in DECIMALS:
        raise ValueError("must be a currency of ISO 4217 that is in use, such as INR")
    return code


type Currency = Annotated[str, Field(pattern="^[A-Z]{3}$"), AfterValidator(_iso_4217)]
type _Cpo = Annotated[str, Field(pattern=r'^[A-Za-z]{2}\*[!"$-~]{1,3}$'), AfterValidator(str.upper)]


class CostPlus(Payload):
    """A price derived from the CPO's price excl. VAT. `at_least` and `at_most` limit the total excl. VAT."""

    percent: Percent = Decimal(0)
    per_kwh: Signed = Decimal(0)
    per_session: Signed = Decimal(0)
    at_least: NotNegative = Decimal(0)
    at_most: NotNegative | None = None

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError("must not have at_least above at_most")
        return self


class PlanPrice(Payload):
    """The price of a rule: either cost_plus, or our own tariff."""

    cost_plus: CostPlus | None = None
    tariff: OwnTariff | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.cost_plus is None) == (self.tariff is None):
            raise ValueError("must have either cost_plus or tariff")
        return self


@dataclass(frozen=True)
class ChargeConnector:
    """The connector of a charge. A value that is unknown is None or empty."""

    cpo: str
    location_id: str
    power_type: Literal["AC", "DC"] | None = None
    power_w: int | None = None


def power_type_of(named: str) -> Literal["AC", "DC"] | None:
    """Return AC or DC for an OCPI PowerType (AC_1_PHASE, DC), or None for any other text."""
    kind = named.upper()
    return "DC" if kind == "DC" else "AC" if kind.startswith("AC") else None


class When(Payload):
    """The condition of a rule. A missing field matches all connectors. The limits of a range belong to it."""

    cpos: Annotated[list[_Cpo], Field(min_length=1, max_length=IDS_AT_MOST)] | None = None
    location_ids: Annotated[list[ObjectId], Field(min_length=1, max_length=IDS_AT_MOST)] | None = None
    power_type: Literal["AC", "DC"] | None = None
    min_power_w: Watts | None = None
    max_power_w: Watts | None = None

    @model_validator(mode="after")
    def _can_match(self) -> Self:
        if self.max_power_w is not None and (self.min_power_w or 0) > self.max_power_w:
            raise ValueError("must not have min_power_w above max_power_w: nothing matches it")
        return self

    @cached_property
    def known_cpos(self) -> frozenset[str]:
        return frozenset(self.cpos or ())

    @cached_property
    def known_locations(self) -> frozenset[str]:
        """The location ids in upper case, because OCPI's ids are case-insensitive."""
        return frozenset(each.upper() for each in self.location_ids or ())

    def matches(self, plug: ChargeConnector) -> bool:
        if self.cpos is not None and plug.cpo not in self.known_cpos:
            return False
        if self.location_ids is not None and plug.location_id.upper() not in self.known_locations:
            return False
        if self.power_type is not None and plug.power_type != self.power_type:
            return False
        if self.min_power_w is None and self.max_power_w is None:
            return True
        if plug.power_w is None:
            return False
        return (self.min_power_w or 0) <= plug.power_w and (
            self.max_power_w is None or plug.power_w <= self.max_power_w
        )

    def takes_all_of(self, other: "When") -> bool:
        """Whether this condition matches every connector that `other` matches."""
        return (
            (self.cpos is None or (other.cpos is not None and self.known_cpos >= other.known_cpos))
            and (
                self.location_ids is None
                or (other.location_ids is not None and self.known_locations >= other.known_locations)
            )
            and (self.power_type is None or self.power_type == other.power_type)
            and self._has_range_of(other)
        )

    def _has_range_of(self, other: "When") -> bool:
        if self.min_power_w is None and self.max_power_w is None:
            return True
        if other.min_power_w is None and other.max_power_w is None:
            return False  # `other` matches a connector of unknown power
        return (self.min_power_w or 0) <= (other.min_power_w or 0) and (
            self.max_power_w is None
            or (other.max_power_w is not None and other.max_power_w <= self.max_power_w)
        )


class Rule(Payload):
    """A rule: the connectors that match `when` have `price`."""

    when: When = When()
    price: PlanPrice


class PricePlan(Payload):
    """A price plan.

    `vat` is in percent; None means GstPercent. The price incl. VAT is rounded to a multiple of `round_to`.
    """

    id: PlanId
    currency: Currency
    rules: Annotated[list[Rule], Field(min_length=1, max_length=RULES_AT_MOST)]
    vat: VatPercent | None = None
    round_to: RoundTo | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        least = Decimal(1).scaleb(-DECIMALS[self.currency])
        if self.round_to is not None and self.round_to % least:
            raise _wrong(f"round_to must be a multiple of {least}, the smallest amount in {self.currency}")
        for number, rule in enumerate(self.rules):
            tariff = rule.price.tariff
            if tariff is not None and tariff.currency not in (None, self.currency):
                raise _wrong(
                    f"rules.{number}.price.tariff.currency is {tariff.currency}, the plan's is "
                    f"{self.currency}: leave it out, or make a plan of that currency"
                )
            before = next((n for n in range(number) if self.rules[n].when.takes_all_of(rule.when)), None)
            if before is not None:
                raise _wrong(
                    f"rules.{number}.when can never match: rules.{before} matches all of its connectors; "
                    "put it before that, or remove it"
                )
        return self

    def rule_for(self, plug: ChargeConnector) -> Rule | None:
        """Return the first rule that matches the connector, or None."""
        found = (
            number
            for numbers in (
                self._numbers.get(("location", plug.location_id.upper()), ()),
                self._numbers.get(("cpo", plug.cpo), ()),
                self._numbers.get(("any", ""), ()),
            )
            if (number := next((n for n in numbers if self.rules[n].when.matches(plug)), None)) is not None
        )
        first = min(found, default=None)
        return None if first is None else self.rules[first]

    @cached_property
    def _numbers(self) -> dict[tuple[str, str], list[int]]:
        """The positions of the rules by their narrowest condition, so that few of a thousand rules are
        compared.
        """
        found: dict[tuple[str, str], list[int]] = {}
        for number, rule in enumerate(self.rules):
            when = rule.when
            keys = [("location", each) for each in when.known_locations]
            keys = keys or [("cpo", each) for each in when.known_cpos] or [("any", "")]
            for key in keys:
                found.setdefault(key, []).append(number)
        return found

    def as_json(self) -> JsonObject:
        """Return the plan as it was put. Amounts are decimal strings."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("price_plan", "{said}", {"said": message})
