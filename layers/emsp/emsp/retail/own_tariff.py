"""Our own tariff in a price plan: an OCPI Tariff (OCPI 2.2.1, mod_tariffs) that must have no errors.

A CPO's tariff is priced even if it has errors. Our own one is rejected, because we can correct it.
"""

import re
from datetime import date
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from emsp.invocation import Payload
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.tariff_enums import DayOfWeek, ReservationRestrictionType, TariffDimensionType
from emsp.pricing.read_restrictions import read_restrictions
from emsp.retail.payload_amounts import NotNegative, VatPercent

OWN_TARIFF: Final = "PRICE_PLAN"
"""The id of our own tariff when a charge is priced by it."""
ELEMENTS_AT_MOST: Final = 100
OF_A_RESERVATION: Final = (TariffDimensionType.TIME, TariffDimensionType.FLAT)
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
    """OCPI's PriceComponent. `step_size` is in Wh or seconds."""

    type: TariffDimensionType
    price: NotNegative
    vat: VatPercent | None = None
    step_size: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] = 1


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
    day_of_week: Annotated[list[DayOfWeek], Field(min_length=1, max_length=7)] | None = None
    reservation: ReservationRestrictionType | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        found, _ = read_restrictions(self.model_dump(mode="json", exclude_none=True), "")
        never = next((str(each) for each in found if not each.can_match()), None)
        for of in ("current", "power"):
            least, most = getattr(self, f"min_{of}"), getattr(self, f"max_{of}")
            if least is not None and most is not None and least >= most:
                never = f"from {least} below {most} {'kW' if of == 'power' else 'A'}"
        if never:
            raise ValueError(f"can never be met: {never}")
        return self

    @property
    def meets_all(self) -> bool:
        """Whether every charge meets these restrictions (or every reservation, if they are about
        reservations).
        """
        return not self.model_dump(exclude_none=True, exclude={"reservation"})


class OwnTariffElement(Payload):
    """OCPI's TariffElement."""

    price_components: Annotated[list[OwnPriceComponent], Field(min_length=1, max_length=4)]
    restrictions: Restrictions | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        types = [each.type for each in self.price_components]
        if len(set(types)) < len(types):
            raise ValueError("must not have two price_components of one type: only the first would count")
        reserves = self.restrictions is not None and self.restrictions.reservation is not None
        unknown = [each for each in types if reserves and each not in OF_A_RESERVATION]
        if unknown:
            raise ValueError(f"has a price for {unknown[0]}, but a reservation has only TIME and FLAT")
        return self

    @property
    def applies_to(self) -> list[tuple[TariffDimensionType, ReservationRestrictionType | None]]:
        reservation = self.restrictions.reservation if self.restrictions else None
        return [(each.type, reservation) for each in self.price_components]


class OwnPriceLimit(Payload):
    """OCPI's Price. If `incl_vat` is missing, its VAT is in proportion to that of the charge."""

    excl_vat: NotNegative
    incl_vat: NotNegative | None = None

    @model_validator(mode="after")
    def _vat_on_top(self) -> Self:
        if self.incl_vat is not None and self.incl_vat < self.excl_vat:
            raise ValueError("must not have an incl_vat below its excl_vat")
        return self


class OwnTariff(Payload):
    """Our own tariff. Its `currency` must be that of the plan."""

    elements: Annotated[list[OwnTariffElement], Field(min_length=1, max_length=ELEMENTS_AT_MOST)]
    min_price: OwnPriceLimit | None = None
    max_price: OwnPriceLimit | None = None
    currency: str | None = None

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        least, most = self.min_price, self.max_price
        if least and most:
            pairs = (least.excl_vat, most.excl_vat), (least.incl_vat, most.incl_vat)
            if any(one is not None and other is not None and one > other for one, other in pairs):
                raise ValueError("must not have a min_price above its max_price")
        return self

    @model_validator(mode="after")
    def _each_can_apply(self) -> Self:
        taken: dict[tuple[TariffDimensionType, ReservationRestrictionType | None], int] = {}
        for number, element in enumerate(self.elements):
            for each in element.applies_to:
                if each in taken:
                    raise ValueError(
                        f"has a price for {each[0]} in elements.{number} that can never apply: "
                        f"elements.{taken[each]} has no restrictions; put it last"
                    )
            if element.restrictions is None or element.restrictions.meets_all:
                taken |= dict.fromkeys(element.applies_to, number)
        return self

    def as_ocpi(self, currency: str) -> JsonObject:
        """Return the tariff as OCPI's Tariff."""
        return {
            **self.model_dump(mode="json", exclude_none=True),
            "id": OWN_TARIFF,
            "currency": currency,
            "type": "REGULAR",
        }
