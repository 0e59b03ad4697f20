"""A tariff of our own in a price plan: an OCPI Tariff (mod_tariffs), read strictly.

A CPO's tariff is priced in whatever state it is in. Ours is refused where it is wrong, as we can correct it.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from emsp.invocation import Payload
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.tariffs import DayOfWeek, ReservationRestrictionType, TariffDimensionType
from emsp.retail.amounts_given import NotNegative, VatPercent

OWN_TARIFF: Final = "PRICE_PLAN"
"""The id that an own tariff has while it is priced by."""
ELEMENTS_AT_MOST: Final = 100
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("must be a local time such as 22:30")
    return text


def _date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a local date such as 2026-12-31") from None
    return text


type _Time = Annotated[str, AfterValidator(_time)]
type _Date = Annotated[str, AfterValidator(_date)]
type _Seconds = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]


class OwnPriceComponent(Payload):
    """OCPI's PriceComponent. `step_size` in Wh or seconds."""

    type: TariffDimensionType
    price: NotNegative
    vat: VatPercent | None = None
    step_size: _Seconds = 1


class Restrictions(Payload):
    """OCPI's TariffRestrictions."""

    start_time: _Time | None = None
    end_time: _Time | None = None
    start_date: _Date | None = None
    end_date: _Date | None = None
    min_kwh: NotNegative | None = None
    max_kwh: NotNegative | None = None
    min_current: NotNegative | None = None
    max_current: NotNegative | None = None
    min_power: NotNegative | None = None
    max_power: NotNegative | None = None
    min_duration: _Seconds | None = None
    max_duration: _Seconds | None = None
    day_of_week: Annotated[list[DayOfWeek], Field(max_length=7)] | None = None
    reservation: ReservationRestrictionType | None = None


class OwnTariffElement(Payload):
    """OCPI's TariffElement."""

    price_components: Annotated[list[OwnPriceComponent], Field(min_length=1, max_length=4)]
    restrictions: Restrictions | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        types = [each.type for each in self.price_components]
        if len(set(types)) < len(types):
            raise ValueError("must not have two price_components of one type: only the first would count")
        return self


class OwnPriceLimit(Payload):
    """OCPI's Price. Without `incl_vat` its VAT is in proportion to the charge's."""

    excl_vat: NotNegative
    incl_vat: NotNegative | None = None


class OwnTariff(Payload):
    """`currency` is that of the plan."""

    elements: Annotated[list[OwnTariffElement], Field(min_length=1, max_length=ELEMENTS_AT_MOST)]
    min_price: OwnPriceLimit | None = None
    max_price: OwnPriceLimit | None = None
    currency: str | None = None

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.min_price and self.max_price and self.min_price.excl_vat > self.max_price.excl_vat:
            raise ValueError("must not have a min_price above its max_price")
        return self

    def as_ocpi(self, currency: str) -> JsonObject:
        """As the engine prices by it."""
        return {
            **self.model_dump(mode="json", exclude_none=True),
            "id": OWN_TARIFF,
            "currency": currency,
            "type": "REGULAR",
        }

    def vats(self) -> set[Decimal | None]:
        return {each.vat for element in self.elements for each in element.price_components}
