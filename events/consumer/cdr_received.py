# Made by `make consumer` from CDR_Received.json, of which the SHA-256 is
# fcce0e7f0f709fbeb48597226c77ef8928da672b3d3b4f5cf50be1e260d773d6

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


type SessionId = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Session Id")]


type AuthorizationReference = Annotated[
    str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Authorization Reference")
]


type MeterId = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Meter Id")]


type Remark = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Remark")]


type InvoiceReferenceId = Annotated[
    str, Field(max_length=39, min_length=1, pattern="^[ -~]*$", title="Invoice Reference Id")
]


type CreditReferenceId = Annotated[
    str, Field(max_length=39, min_length=1, pattern="^[ -~]*$", title="Credit Reference Id")
]


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


type Name = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Name")]


type PostalCode = Annotated[str, Field(max_length=10, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Postal Code")]


type State = Annotated[str, Field(max_length=20, pattern="^[^\\x00-\\x1f\\x7f]*$", title="State")]


type TariffId = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Tariff Id")]


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
    Where an object strays, or says other than another object.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    path: Annotated[str, Field(title="Path")]
    problem: Annotated[str, Field(title="Problem")]
    value: Annotated[str, Field(title="Value")]


class DisplayText(BaseModel):
    """
    A text for drivers in one language.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    language: Annotated[str, Field(max_length=2, pattern="^[A-Za-z]{2}$", title="Language")]
    text: Annotated[str, Field(max_length=512, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Text")]


type SupplierName = Annotated[
    str, Field(max_length=64, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Supplier Name")
]


type EnergyProductName = Annotated[
    str, Field(max_length=64, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Energy Product Name")
]


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
    latitude: Annotated[str, Field(max_length=10, pattern="^-?[0-9]{1,2}\\.[0-9]{5,7}$", title="Latitude")]
    longitude: Annotated[str, Field(max_length=11, pattern="^-?[0-9]{1,3}\\.[0-9]{5,7}$", title="Longitude")]


class PowerType(StrEnum):
    AC_1_PHASE = "AC_1_PHASE"
    AC_2_PHASE = "AC_2_PHASE"
    AC_2_PHASE_SPLIT = "AC_2_PHASE_SPLIT"
    AC_3_PHASE = "AC_3_PHASE"
    DC = "DC"


class Price(BaseModel):
    """
    An amount of money in the currency of the object that holds it.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Annotated[Decimal, Field(title="Excl Vat")]
    incl_vat: Annotated[Decimal | None, Field(title="Incl Vat")] = None


class ReservationRestrictionType(StrEnum):
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


type PublicKey = Annotated[str, Field(max_length=512, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Public Key")]


type Url = Annotated[str, Field(max_length=512, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Url")]


class SignedValue(BaseModel):
    """
    A meter value that is signed.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    nature: Annotated[str, Field(max_length=32, min_length=1, pattern="^[ -~]*$", title="Nature")]
    plain_data: Annotated[str, Field(max_length=5000, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Plain Data")]
    signed_data: Annotated[str, Field(max_length=5000, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Signed Data")]


class StoredObject(BaseModel):
    """
    Where an object is that is too large for an event.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    bucket: Annotated[str, Field(title="Bucket")]
    key: Annotated[str, Field(title="Key")]
    encoding: Annotated[Literal["gzip"], Field(title="Encoding")]


type TariffAltUrl = Annotated[
    str,
    Field(max_length=255, pattern="^[A-Za-z][A-Za-z0-9+.-]*:[^\\x00-\\x20\\x7f]+$", title="Tariff Alt Url"),
]


class TariffDimensionType(StrEnum):
    """
    What a price is for: kWh, nothing (a flat fee), or an hour.
    """

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


type StartTime = Annotated[
    str, Field(max_length=5, pattern="^([0-1][0-9]|2[0-3]):[0-5][0-9]$", title="Start Time")
]


type EndTime = Annotated[
    str, Field(max_length=5, pattern="^([0-1][0-9]|2[0-3]):[0-5][0-9]$", title="End Time")
]


type StartDate = Annotated[
    str,
    Field(
        max_length=10, pattern="^([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", title="Start Date"
    ),
]


type EndDate = Annotated[
    str,
    Field(
        max_length=10, pattern="^([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", title="End Date"
    ),
]


class TariffRestrictions(BaseModel):
    """
    When an element applies: local times and dates, kWh, A, kW and seconds; all given ones must hold.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    start_time: Annotated[StartTime | None, Field(title="Start Time")] = None
    end_time: Annotated[EndTime | None, Field(title="End Time")] = None
    start_date: Annotated[StartDate | None, Field(title="Start Date")] = None
    end_date: Annotated[EndDate | None, Field(title="End Date")] = None
    min_kwh: Annotated[Decimal | None, Field(title="Min Kwh")] = None
    max_kwh: Annotated[Decimal | None, Field(title="Max Kwh")] = None
    min_current: Annotated[Decimal | None, Field(title="Min Current")] = None
    max_current: Annotated[Decimal | None, Field(title="Max Current")] = None
    min_power: Annotated[Decimal | None, Field(title="Min Power")] = None
    max_power: Annotated[Decimal | None, Field(title="Max Power")] = None
    min_duration: Annotated[int | None, Field(title="Min Duration")] = None
    max_duration: Annotated[int | None, Field(title="Max Duration")] = None
    day_of_week: Annotated[list[DayOfWeek] | None, Field(title="Day Of Week")] = []
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
    volume: Annotated[Decimal, Field(title="Volume")]


class CdrLocation(BaseModel):
    """
    Where a session took place, with its one EVSE and connector.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Id")]
    name: Annotated[Name | None, Field(title="Name")] = None
    address: Annotated[str, Field(max_length=45, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Address")]
    city: Annotated[str, Field(max_length=45, pattern="^[^\\x00-\\x1f\\x7f]*$", title="City")]
    postal_code: Annotated[PostalCode | None, Field(title="Postal Code")] = None
    state: Annotated[State | None, Field(title="State")] = None
    country: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$", title="Country")]
    coordinates: GeoLocation
    evse_uid: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Evse Uid")]
    evse_id: Annotated[
        str,
        Field(
            max_length=48,
            min_length=1,
            pattern="^([A-Za-z]{2}\\*?[A-Za-z0-9]{3}\\*?[Ee][A-Za-z0-9*]{1,31}|#NA)$",
            title="Evse Id",
        ),
    ]
    connector_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Connector Id")]
    connector_standard: ConnectorType
    connector_format: ConnectorFormat
    connector_power_type: PowerType


class CdrToken(BaseModel):
    """
    The token that a session was started with (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$", title="Country Code")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$", title="Party Id")]
    uid: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Uid")]
    type: TokenType
    contract_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Contract Id")]


class ChargingPeriod(BaseModel):
    """
    A part of a session in which nothing relevant to its price changed (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    start_date_time: Annotated[datetime, Field(title="Start Date Time")]
    dimensions: Annotated[list[CdrDimension], Field(min_length=1, title="Dimensions")]
    tariff_id: Annotated[TariffId | None, Field(title="Tariff Id")] = None


class EnergySource(BaseModel):
    """
    A source and its share in percent.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    source: EnergySourceCategory
    percentage: Annotated[Decimal, Field(title="Percentage")]


class EnvironmentalImpact(BaseModel):
    """
    An impact in g/kWh.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    category: EnvironmentalImpactCategory
    amount: Annotated[Decimal, Field(title="Amount")]


class PriceComponent(BaseModel):
    """
    A price for each unit without VAT; no `vat` means that none applies; `step_size` in Wh or seconds.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    type: TariffDimensionType
    price: Annotated[Decimal, Field(title="Price")]
    vat: Annotated[Decimal | None, Field(title="Vat")] = None
    step_size: Annotated[int, Field(title="Step Size")]


class SignedData(BaseModel):
    """
    The signed meter values of a session, for calibration law.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    encoding_method: Annotated[
        str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Encoding Method")
    ]
    encoding_method_version: Annotated[int | None, Field(title="Encoding Method Version")] = None
    public_key: Annotated[PublicKey | None, Field(title="Public Key")] = None
    signed_values: Annotated[list[SignedValue], Field(min_length=1, title="Signed Values")]
    url: Annotated[Url | None, Field(title="Url")] = None


class TariffElement(BaseModel):
    """
    Prices, and when they apply.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    price_components: Annotated[list[PriceComponent], Field(min_length=1, title="Price Components")]
    restrictions: TariffRestrictions | None = None


class EnergyMix(BaseModel):
    """
    The energy of a location or tariff.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    is_green_energy: Annotated[bool, Field(title="Is Green Energy")]
    energy_sources: Annotated[
        list[EnergySource] | None, Field(title="Energy Sources", validate_default=True)
    ] = []
    environ_impact: Annotated[
        list[EnvironmentalImpact] | None, Field(title="Environ Impact", validate_default=True)
    ] = []
    supplier_name: Annotated[SupplierName | None, Field(title="Supplier Name")] = None
    energy_product_name: Annotated[EnergyProductName | None, Field(title="Energy Product Name")] = None


class Tariff(BaseModel):
    """
    What charging costs, owned by a CPO; amounts in `currency`.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$", title="Country Code")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$", title="Party Id")]
    id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Id")]
    currency: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$", title="Currency")]
    type: TariffType | None = None
    tariff_alt_text: Annotated[
        list[DisplayText] | None, Field(title="Tariff Alt Text", validate_default=True)
    ] = []
    tariff_alt_url: Annotated[TariffAltUrl | None, Field(title="Tariff Alt Url")] = None
    min_price: Price | None = None
    max_price: Price | None = None
    elements: Annotated[list[TariffElement], Field(min_length=1, title="Elements")]
    start_date_time: Annotated[datetime | None, Field(title="Start Date Time")] = None
    end_date_time: Annotated[datetime | None, Field(title="End Date Time")] = None
    energy_mix: EnergyMix | None = None
    last_updated: Annotated[datetime, Field(title="Last Updated")]


class CDR(BaseModel):
    """
    A charge detail record: what is billed. Costs in `currency`, energy in kWh, times in hours. Never
    changes.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$", title="Country Code")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$", title="Party Id")]
    id: Annotated[str, Field(max_length=39, min_length=1, pattern="^[ -~]*$", title="Id")]
    start_date_time: Annotated[datetime, Field(title="Start Date Time")]
    end_date_time: Annotated[datetime, Field(title="End Date Time")]
    session_id: Annotated[SessionId | None, Field(title="Session Id")] = None
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: Annotated[
        AuthorizationReference | None, Field(title="Authorization Reference")
    ] = None
    cdr_location: CdrLocation
    meter_id: Annotated[MeterId | None, Field(title="Meter Id")] = None
    currency: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$", title="Currency")]
    tariffs: Annotated[list[Tariff] | None, Field(title="Tariffs", validate_default=True)] = []
    charging_periods: Annotated[list[ChargingPeriod], Field(min_length=1, title="Charging Periods")]
    signed_data: SignedData | None = None
    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy: Annotated[Decimal, Field(title="Total Energy")]
    total_energy_cost: Price | None = None
    total_time: Annotated[Decimal, Field(title="Total Time")]
    total_time_cost: Price | None = None
    total_parking_time: Annotated[Decimal | None, Field(title="Total Parking Time")] = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: Annotated[Remark | None, Field(title="Remark")] = None
    invoice_reference_id: Annotated[InvoiceReferenceId | None, Field(title="Invoice Reference Id")] = None
    credit: Annotated[bool | None, Field(title="Credit")] = None
    credit_reference_id: Annotated[CreditReferenceId | None, Field(title="Credit Reference Id")] = None
    home_charging_compensation: Annotated[bool | None, Field(title="Home Charging Compensation")] = None
    last_updated: Annotated[datetime, Field(title="Last Updated")]


class CdrReceived1(BaseModel):
    """
    A CDR is stored, once for each.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    event_id: Annotated[str, Field(title="Event Id")]
    occurred_at: Annotated[datetime, Field(title="Occurred At")]
    country_code: Annotated[str | None, Field(title="Country Code")]
    party_id: Annotated[str | None, Field(title="Party Id")]
    id: Annotated[str | None, Field(title="Id")]
    object_s3: StoredObject | None = None
    deviations: Annotated[list[Deviation], Field(title="Deviations")]
    object: Annotated[CDR | dict[str, Any], Field(title="Object")]
    contradictions: Annotated[list[Deviation], Field(title="Contradictions")]
    credits: Annotated[str | None, Field(title="Credits")]
    credited_by: Annotated[str | None, Field(title="Credited By")]
    command_id: Annotated[str | None, Field(title="Command Id")]


class CdrReceived2(BaseModel):
    """
    A CDR is stored, once for each.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    event_id: Annotated[str, Field(title="Event Id")]
    occurred_at: Annotated[datetime, Field(title="Occurred At")]
    country_code: Annotated[str | None, Field(title="Country Code")]
    party_id: Annotated[str | None, Field(title="Party Id")]
    id: Annotated[str | None, Field(title="Id")]
    object_s3: StoredObject
    deviations: Annotated[list[Deviation], Field(title="Deviations")]
    object: Annotated[CDR | dict[str, Any] | None, Field(title="Object")] = None
    contradictions: Annotated[list[Deviation], Field(title="Contradictions")]
    credits: Annotated[str | None, Field(title="Credits")]
    credited_by: Annotated[str | None, Field(title="Credited By")]
    command_id: Annotated[str | None, Field(title="Command Id")]


type CdrReceived = Annotated[
    CdrReceived1 | CdrReceived2, Field(description="A CDR is stored, once for each.", title="CDR Received")
]
