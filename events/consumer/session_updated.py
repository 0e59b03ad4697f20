# Made by `make consumer` from Session_Updated.json and what it refers to: SHA-256
# 0bea0d28cd08c3b797156347829fd95533ac2d2be8c1e9927b8fa831d5ab6eeb

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


type TariffId = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]


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


class LineKind(StrEnum):
    """
    What a line is for. The first kinds are OCPI's dimensions, for our own tariff.
    """

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    RESERVATION_TIME = "RESERVATION_TIME"
    FLAT = "FLAT"
    CHARGE = "CHARGE"
    PER_KWH = "PER_KWH"
    PER_SESSION = "PER_SESSION"
    MINIMUM = "MINIMUM"
    MAXIMUM = "MAXIMUM"
    ROUNDING = "ROUNDING"
    CREDIT = "CREDIT"
    REPRICED = "REPRICED"


type Number = Annotated[str, Field(pattern="^-?\\d+(\\.\\d+)?$")]


class Plan(BaseModel):
    """
    The version of the plan that counts.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    id: str
    version: int


class Price(BaseModel):
    """
    An amount of money in the currency of the object that contains it.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Decimal
    incl_vat: Decimal | None = None


class Reason(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
    )
    code: str
    message: str


class Remark(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
    )
    code: str
    message: str


class RetailLine(BaseModel):
    """
    `quantity` in `unit` (kWh, h, once) at `price`. The lines add up to the cost.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Number
    vat: Number
    incl_vat: Number
    kind: LineKind
    quantity: Number | None
    unit: str | None
    price: Number | None
    vat_percent: Number | None


type AuthorizationReference = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]


type MeterId = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$")]


class SessionStatus(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"
    RESERVATION = "RESERVATION"


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


class TokenType(StrEnum):
    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    OTHER = "OTHER"
    RFID = "RFID"


class Amount(BaseModel):
    """
    `computed` means that the CPO does not claim incl_vat. It is computed by the VAT of the tariff, or else
    by GstPercent.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Number
    incl_vat: Number | None
    computed: bool | None = None


class CdrDimension(BaseModel):
    """
    A measured volume, in the unit of its type (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    type: CdrDimensionType
    volume: Decimal


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


class ClaimedSoFar(BaseModel):
    """
    The session's total_cost. `computed` means that the CPO claims only one of both amounts. The other is
    computed by the VAT of the tariff, or else by GstPercent.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Number | None
    incl_vat: Number | None
    computed: bool | None = None


class Cost(BaseModel):
    """
    `incl_vat` is rounded as the plan says.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Number
    vat: Number
    incl_vat: Number


class RetailEstimate(BaseModel):
    """
    What the driver will pay, or its bounds.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    plan: Plan
    cost: Cost | None
    least: Cost | None
    most: Cost | None
    lines: list[RetailLine]
    reasons: list[Reason]


class Session(BaseModel):
    """
    One charging session, owned by a CPO; energy in kWh, cost in `currency`.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$")]
    id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    start_date_time: datetime
    end_date_time: datetime | None = None
    kwh: Decimal
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: AuthorizationReference | None = None
    location_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    evse_uid: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    connector_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$")]
    meter_id: MeterId | None = None
    currency: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$")]
    charging_periods: Annotated[list[ChargingPeriod] | None, Field(validate_default=True)] = []
    total_cost: Price | None = None
    status: SessionStatus
    last_updated: datetime


class CostSoFar(BaseModel):
    """
    What a session has cost so far. If the price is open, `by_tariff` is null, `reasons` say why, and
    `least` and `most` are its bounds, if they are known.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    currency: str | None
    by_cpo: ClaimedSoFar | None
    by_tariff: Amount | None
    least: Amount | None
    most: Amount | None
    reasons: list[Remark]
    assumptions: list[Remark]
    retail: RetailEstimate | None = None


class SessionUpdated1(BaseModel):
    """
    A session is new or has changed.
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
    object: Session | dict[str, Any]
    command_id: str | None
    previous_status: str | None
    closed_by_cdr: str | None
    contradictions: list[Deviation]
    cost_so_far: CostSoFar


class SessionUpdated2(BaseModel):
    """
    A session is new or has changed.
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
    object: Session | dict[str, Any] | None = None
    command_id: str | None
    previous_status: str | None
    closed_by_cdr: str | None
    contradictions: list[Deviation]
    cost_so_far: CostSoFar


type SessionUpdated = Annotated[
    SessionUpdated1 | SessionUpdated2,
    Field(description="A session is new or has changed.", title="Session Updated"),
]
