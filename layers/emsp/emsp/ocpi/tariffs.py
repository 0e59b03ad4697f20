"""OCPI's Tariffs module."""

from enum import StrEnum

from emsp.ocpi.energy_mix import EnergyMix
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.tariff_enums import DayOfWeek, ReservationRestrictionType, TariffDimensionType
from emsp.ocpi.types.cardinalities import OneOrMore, ZeroOrMore, ZeroOrOne
from emsp.ocpi.types.classes import DisplayText, Price
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Int, Number
from emsp.ocpi.types.texts import CiString2, CiString3, CiString36, Currency, LocalDate, TimeOfDay, Url


class TariffType(StrEnum):
    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class PriceComponent(OcpiModel):
    """A price per unit without VAT. Without `vat`, no VAT applies. `step_size` is in Wh or seconds."""

    type: OpenEnum[TariffDimensionType]
    price: Number
    vat: ZeroOrOne[Number] = None
    step_size: Int


class TariffRestrictions(OcpiModel):
    """When an element applies: local times and dates, kWh, A, kW and seconds. All given restrictions must be
    met.
    """

    start_time: ZeroOrOne[TimeOfDay] = None
    end_time: ZeroOrOne[TimeOfDay] = None
    start_date: ZeroOrOne[LocalDate] = None
    end_date: ZeroOrOne[LocalDate] = None
    min_kwh: ZeroOrOne[Number] = None
    max_kwh: ZeroOrOne[Number] = None
    min_current: ZeroOrOne[Number] = None
    max_current: ZeroOrOne[Number] = None
    min_power: ZeroOrOne[Number] = None
    max_power: ZeroOrOne[Number] = None
    min_duration: ZeroOrOne[Int] = None
    max_duration: ZeroOrOne[Int] = None
    day_of_week: ZeroOrMore[OpenEnum[DayOfWeek]] = ()
    reservation: ZeroOrOne[OpenEnum[ReservationRestrictionType]] = None


class TariffElement(OcpiModel):
    """Prices and when they apply."""

    price_components: OneOrMore[PriceComponent]
    restrictions: ZeroOrOne[TariffRestrictions] = None


class Tariff(OcpiModel):
    """What charging costs, owned by a CPO; amounts in `currency`."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    currency: Currency
    type: ZeroOrOne[OpenEnum[TariffType]] = None
    tariff_alt_text: ZeroOrMore[DisplayText] = ()
    tariff_alt_url: ZeroOrOne[Url] = None
    min_price: ZeroOrOne[Price] = None
    max_price: ZeroOrOne[Price] = None
    elements: OneOrMore[TariffElement]
    start_date_time: ZeroOrOne[OcpiDateTime] = None
    end_date_time: ZeroOrOne[OcpiDateTime] = None
    energy_mix: ZeroOrOne[EnergyMix] = None
    last_updated: OcpiDateTime
