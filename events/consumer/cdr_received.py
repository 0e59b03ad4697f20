# Made by `make consumer` from CDR_Received.json and what it refers to: SHA-256
# 761a05c0632a5b59e38c9af0d3831d40ed6f90688843404187b3d7cf3e4b6c06

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class AuthMethod(StrEnum):
    """
    How a session was authorized (CDRs module).
    """

    AUTH_REQUEST = "AUTH_REQUEST"
    COMMAND = "COMMAND"
    WHITELIST = "WHITELIST"


type SessionId = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]


type AuthorizationReference = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]


type MeterId = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type Remark = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type InvoiceReferenceId = Annotated[str, Field(max_length=39, min_length=1, pattern="^[ -~]*$")]


type CreditReferenceId = Annotated[str, Field(max_length=39, min_length=1, pattern="^[ -~]*$")]


class CdrDimensionType(StrEnum):
    """
    What a volume measures: A, kWh, kW, hours or percent (CDRs module).
    """

    CURRENT = "CURRENT"
    ENERGY = "ENERGY"
    ENERGY_EXPORT = "ENERGY_EXPORT"
    ENERGY_IMPORT = "ENERGY_IMPORT"
    MAX_CURRENT = "MAX_CURRENT"
    MIN_CURRENT = "MIN_CURRENT"
    MAX_POWER = "MAX_POWER"
    MIN_POWER = "MIN_POWER"
    PARKING_TIME = "PARKING_TIME"
    POWER = "POWER"
    RESERVATION_TIME = "RESERVATION_TIME"
    STATE_OF_CHARGE = "STATE_OF_CHARGE"
    TIME = "TIME"


type Name = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type PostalCode = Annotated[str, Field(max_length=10, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type State = Annotated[str, Field(max_length=20, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type TariffId = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]


class ConnectorFormat(StrEnum):
    SOCKET = "SOCKET"
    CABLE = "CABLE"


class ConnectorType(StrEnum):
    CHADEMO = "CHADEMO"
    CHAOJI = "CHAOJI"
    DOMESTIC_A = "DOMESTIC_A"
    DOMESTIC_B = "DOMESTIC_B"
    DOMESTIC_C = "DOMESTIC_C"
    DOMESTIC_D = "DOMESTIC_D"
    DOMESTIC_E = "DOMESTIC_E"
    DOMESTIC_F = "DOMESTIC_F"
    DOMESTIC_G = "DOMESTIC_G"
    DOMESTIC_H = "DOMESTIC_H"
    DOMESTIC_I = "DOMESTIC_I"
    DOMESTIC_J = "DOMESTIC_J"
    DOMESTIC_K = "DOMESTIC_K"
    DOMESTIC_L = "DOMESTIC_L"
    DOMESTIC_M = "DOMESTIC_M"
    DOMESTIC_N = "DOMESTIC_N"
    DOMESTIC_O = "DOMESTIC_O"
    GBT_AC = "GBT_AC"
    GBT_DC = "GBT_DC"
    IEC_60309_2_single_16 = "IEC_60309_2_single_16"
    IEC_60309_2_three_16 = "IEC_60309_2_three_16"
    IEC_60309_2_three_32 = "IEC_60309_2_three_32"
    IEC_60309_2_three_64 = "IEC_60309_2_three_64"
    IEC_62196_T1 = "IEC_62196_T1"
    IEC_62196_T1_COMBO = "IEC_62196_T1_COMBO"
    IEC_62196_T2 = "IEC_62196_T2"
    IEC_62196_T2_COMBO = "IEC_62196_T2_COMBO"
    IEC_62196_T3A = "IEC_62196_T3A"
    IEC_62196_T3C = "IEC_62196_T3C"
    NEMA_5_20 = "NEMA_5_20"
    NEMA_6_30 = "NEMA_6_30"
    NEMA_6_50 = "NEMA_6_50"
    NEMA_10_30 = "NEMA_10_30"
    NEMA_10_50 = "NEMA_10_50"
    NEMA_14_30 = "NEMA_14_30"
    NEMA_14_50 = "NEMA_14_50"
    PANTOGRAPH_BOTTOM_UP = "PANTOGRAPH_BOTTOM_UP"
    PANTOGRAPH_TOP_DOWN = "PANTOGRAPH_TOP_DOWN"
    TESLA_R = "TESLA_R"
    TESLA_S = "TESLA_S"


class DayOfWeek(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class Deviation(BaseModel):
    """
    A place in which an object violates OCPI, or contradicts another object.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    path: str
    problem: str
    value: str


class DisplayText(BaseModel):
    """
    A text for drivers in one language.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    language: Annotated[str, Field(max_length=2, pattern="^[A-Za-z]{2}$")]
    text: Annotated[str, Field(max_length=512, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type SupplierName = Annotated[str, Field(max_length=64, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type EnergyProductName = Annotated[str, Field(max_length=64, pattern="^[^\\x00-\\x1f\\x7f]*$")]


class EnergySourceCategory(StrEnum):
    NUCLEAR = "NUCLEAR"
    GENERAL_FOSSIL = "GENERAL_FOSSIL"
    COAL = "COAL"
    GAS = "GAS"
    GENERAL_GREEN = "GENERAL_GREEN"
    SOLAR = "SOLAR"
    WIND = "WIND"
    WATER = "WATER"


class EnvironmentalImpactCategory(StrEnum):
    NUCLEAR_WASTE = "NUCLEAR_WASTE"
    CARBON_DIOXIDE = "CARBON_DIOXIDE"


class GeoLocation(BaseModel):
    """
    A point in decimal degrees, as text with five to seven decimals (locations chapter).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    latitude: Annotated[str, Field(max_length=10, pattern="^-?[0-9]{1,2}\\.[0-9]{5,7}$")]
    longitude: Annotated[str, Field(max_length=11, pattern="^-?[0-9]{1,3}\\.[0-9]{5,7}$")]


class PowerType(StrEnum):
    AC_1_PHASE = "AC_1_PHASE"
    AC_2_PHASE = "AC_2_PHASE"
    AC_2_PHASE_SPLIT = "AC_2_PHASE_SPLIT"
    AC_3_PHASE = "AC_3_PHASE"
    DC = "DC"


class Price(BaseModel):
    """
    An amount of money in the currency of the object that contains it.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Decimal
    incl_vat: Decimal | None = None


class ReservationRestrictionType(StrEnum):
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


type PublicKey = Annotated[str, Field(max_length=512, pattern="^[^\\x00-\\x1f\\x7f]*$")]


type Url = Annotated[str, Field(max_length=512, pattern="^[^\\x00-\\x1f\\x7f]*$")]


class SignedValue(BaseModel):
    """
    A signed meter value.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    nature: Annotated[str, Field(max_length=32, min_length=1, pattern="^[ -~]*$")]
    plain_data: Annotated[str, Field(max_length=5000, pattern="^[^\\x00-\\x1f\\x7f]*$")]
    signed_data: Annotated[str, Field(max_length=5000, pattern="^[^\\x00-\\x1f\\x7f]*$")]


class StoredObject(BaseModel):
    """
    The place in S3 of an object that is too large for an event.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    bucket: str
    key: str
    encoding: Literal["gzip"]


type TariffAltUrl = Annotated[
    str, Field(max_length=255, pattern="^[A-Za-z][A-Za-z0-9+.-]*:[^\\x00-\\x20\\x7f]+$")
]


class TariffDimensionType(StrEnum):
    """
    What a price is for: a kWh, a flat fee, or an hour.
    """

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


type StartTime = Annotated[str, Field(max_length=5, pattern="^([0-1][0-9]|2[0-3]):[0-5][0-9]$")]


type EndTime = Annotated[str, Field(max_length=5, pattern="^([0-1][0-9]|2[0-3]):[0-5][0-9]$")]


type StartDate = Annotated[
    str, Field(max_length=10, pattern="^([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
]


type EndDate = Annotated[
    str, Field(max_length=10, pattern="^([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
]


class TariffRestrictions(BaseModel):
    """
    When an element applies: local times and dates, kWh, A, kW and seconds. All given restrictions must be
    met.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    start_time: StartTime | None = None
    end_time: EndTime | None = None
    start_date: StartDate | None = None
    end_date: EndDate | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: list[DayOfWeek] | None = []
    reservation: ReservationRestrictionType | None = None


class TariffType(StrEnum):
    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class TokenType(StrEnum):
    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    OTHER = "OTHER"
    RFID = "RFID"


class CdrDimension(BaseModel):
    """
    A measured volume, in the unit of its type (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    type: CdrDimensionType
    volume: Decimal


class CdrLocation(BaseModel):
    """
    The location of a session, with its one EVSE and connector.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    name: Name | None = None
    address: Annotated[str, Field(max_length=45, pattern="^[^\\x00-\\x1f\\x7f]*$")]
    city: Annotated[str, Field(max_length=45, pattern="^[^\\x00-\\x1f\\x7f]*$")]
    postal_code: PostalCode | None = None
    state: State | None = None
    country: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$")]
    coordinates: GeoLocation
    evse_uid: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    evse_id: Annotated[
        str,
        Field(
            max_length=48,
            min_length=1,
            pattern="^([A-Za-z]{2}\\*?[A-Za-z0-9]{3}\\*?[Ee][A-Za-z0-9*]{1,31}|#NA)$",
        ),
    ]
    connector_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    connector_standard: ConnectorType
    connector_format: ConnectorFormat
    connector_power_type: PowerType


class CdrToken(BaseModel):
    """
    The token with which a session was started (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$")]
    uid: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    type: TokenType
    contract_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]


class ChargingPeriod(BaseModel):
    """
    A part of a session in which no value that its price depends on changed (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    start_date_time: datetime
    dimensions: Annotated[list[CdrDimension], Field(min_length=1)]
    tariff_id: TariffId | None = None


class EnergySource(BaseModel):
    """
    A source and its share in percent.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    source: EnergySourceCategory
    percentage: Decimal


class EnvironmentalImpact(BaseModel):
    """
    An impact in g/kWh.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    category: EnvironmentalImpactCategory
    amount: Decimal


class PriceComponent(BaseModel):
    """
    A price per unit without VAT. Without `vat`, no VAT applies. `step_size` is in Wh or seconds.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    type: TariffDimensionType
    price: Decimal
    vat: Decimal | None = None
    step_size: int


class SignedData(BaseModel):
    """
    The signed meter values of a session, for calibration law.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    encoding_method: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    encoding_method_version: int | None = None
    public_key: PublicKey | None = None
    signed_values: Annotated[list[SignedValue], Field(min_length=1)]
    url: Url | None = None


class TariffElement(BaseModel):
    """
    Prices and when they apply.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    price_components: Annotated[list[PriceComponent], Field(min_length=1)]
    restrictions: TariffRestrictions | None = None


class EnergyMix(BaseModel):
    """
    The energy of a location or tariff.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    is_green_energy: bool
    energy_sources: Annotated[list[EnergySource] | None, Field(validate_default=True)] = []
    environ_impact: Annotated[list[EnvironmentalImpact] | None, Field(validate_default=True)] = []
    supplier_name: SupplierName | None = None
    energy_product_name: EnergyProductName | None = None


class Tariff(BaseModel):
    """
    What charging costs, owned by a CPO; amounts in `currency`.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$")]
    id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    currency: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$")]
    type: TariffType | None = None
    tariff_alt_text: Annotated[list[DisplayText] | None, Field(validate_default=True)] = []
    tariff_alt_url: TariffAltUrl | None = None
    min_price: Price | None = None
    max_price: Price | None = None
    elements: Annotated[list[TariffElement], Field(min_length=1)]
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None
    energy_mix: EnergyMix | None = None
    last_updated: datetime


class CDR(BaseModel):
    """
    A charge detail record: what is billed. It never changes.

    Costs are in `currency`, energy in kWh, times in hours.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$")]
    id: Annotated[str, Field(max_length=39, min_length=1, pattern="^[ -~]*$")]
    start_date_time: datetime
    end_date_time: datetime
    session_id: SessionId | None = None
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: AuthorizationReference | None = None
    cdr_location: CdrLocation
    meter_id: MeterId | None = None
    currency: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$")]
    tariffs: Annotated[list[Tariff] | None, Field(validate_default=True)] = []
    charging_periods: Annotated[list[ChargingPeriod], Field(min_length=1)]
    signed_data: SignedData | None = None
    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy: Decimal
    total_energy_cost: Price | None = None
    total_time: Decimal
    total_time_cost: Price | None = None
    total_parking_time: Decimal | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: Remark | None = None
    invoice_reference_id: InvoiceReferenceId | None = None
    credit: bool | None = None
    credit_reference_id: CreditReferenceId | None = None
    home_charging_compensation: bool | None = None
    last_updated: datetime


class CdrReceived1(BaseModel):
    """
    A CDR is stored; once for each.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    event_id: str
    occurred_at: datetime
    country_code: str | None
    party_id: str | None
    id: str | None
    object_s3: StoredObject | None = None
    deviations: list[Deviation]
    object: CDR | dict[str, Any]
    contradictions: list[Deviation]
    credits: str | None
    credited_by: str | None
    command_id: str | None


class CdrReceived2(BaseModel):
    """
    A CDR is stored; once for each.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    event_id: str
    occurred_at: datetime
    country_code: str | None
    party_id: str | None
    id: str | None
    object_s3: StoredObject
    deviations: list[Deviation]
    object: CDR | dict[str, Any] | None = None
    contradictions: list[Deviation]
    credits: str | None
    credited_by: str | None
    command_id: str | None


type CdrReceived = Annotated[
    CdrReceived1 | CdrReceived2, Field(description="A CDR is stored; once for each.", title="CDR Received")
]
