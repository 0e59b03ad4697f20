# Made by `make consumer` from Session_Updated.json, of which the SHA-256 is
# ca01a68d77cbb6c84267cb1ccca3c07cab26a41de8a3ec9476f093aba0ac3acf

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


type TariffId = Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Tariff Id")]


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


type Number = Annotated[str, Field(pattern="^-?\\d+(\\.\\d+)?$")]


class Price(BaseModel):
    """
    An amount of money in the currency of the object that holds it.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Annotated[Decimal, Field(title="Excl Vat")]
    incl_vat: Annotated[Decimal | None, Field(title="Incl Vat")] = None


class Said(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
    )
    code: Annotated[str, Field(title="Code")]
    message: Annotated[str, Field(title="Message")]


type AuthorizationReference = Annotated[
    str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Authorization Reference")
]


type MeterId = Annotated[str, Field(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$", title="Meter Id")]


class SessionStatus(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"
    RESERVATION = "RESERVATION"


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


class TokenType(StrEnum):
    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    OTHER = "OTHER"
    RFID = "RFID"


class Amount(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Number
    incl_vat: Number | None


class CdrDimension(BaseModel):
    """
    A measured volume, in the unit of its type (CDRs module).
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    type: CdrDimensionType
    volume: Annotated[Decimal, Field(title="Volume")]


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


class ClaimedSoFar(BaseModel):
    """
    The session's total_cost.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    excl_vat: Number | None
    incl_vat: Number | None


class CostSoFar(BaseModel):
    """
    What a session has cost until now. `by_tariff` is null where `reasons` say why: it is from `least` to
    `most` then, if those are told.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    currency: Annotated[str | None, Field(title="Currency")]
    by_cpo: ClaimedSoFar | None
    by_tariff: Amount | None
    least: Amount | None
    most: Amount | None
    reasons: Annotated[list[Said], Field(title="Reasons")]
    assumptions: Annotated[list[Said], Field(title="Assumptions")]


class Session(BaseModel):
    """
    One charging session, owned by a CPO; energy in kWh, cost in `currency`.
    """

    model_config = ConfigDict(
        extra="ignore",
    )
    country_code: Annotated[str, Field(max_length=2, min_length=1, pattern="^[ -~]*$", title="Country Code")]
    party_id: Annotated[str, Field(max_length=3, min_length=1, pattern="^[ -~]*$", title="Party Id")]
    id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Id")]
    start_date_time: Annotated[datetime, Field(title="Start Date Time")]
    end_date_time: Annotated[datetime | None, Field(title="End Date Time")] = None
    kwh: Annotated[Decimal, Field(title="Kwh")]
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: Annotated[
        AuthorizationReference | None, Field(title="Authorization Reference")
    ] = None
    location_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Location Id")]
    evse_uid: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Evse Uid")]
    connector_id: Annotated[str, Field(max_length=36, min_length=1, pattern="^[ -~]*$", title="Connector Id")]
    meter_id: Annotated[MeterId | None, Field(title="Meter Id")] = None
    currency: Annotated[str, Field(max_length=3, pattern="^[A-Z]{3}$", title="Currency")]
    charging_periods: Annotated[
        list[ChargingPeriod] | None, Field(title="Charging Periods", validate_default=True)
    ] = []
    total_cost: Price | None = None
    status: SessionStatus
    last_updated: Annotated[datetime, Field(title="Last Updated")]


class SessionUpdated1(BaseModel):
    """
    A session is new or has changed.
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
    object: Annotated[Session | dict[str, Any], Field(title="Object")]
    command_id: Annotated[str | None, Field(title="Command Id")]
    previous_status: Annotated[str | None, Field(title="Previous Status")]
    closed_by_cdr: Annotated[str | None, Field(title="Closed By Cdr")]
    contradictions: Annotated[list[Deviation], Field(title="Contradictions")]
    cost_so_far: CostSoFar


class SessionUpdated2(BaseModel):
    """
    A session is new or has changed.
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
    object: Annotated[Session | dict[str, Any] | None, Field(title="Object")] = None
    command_id: Annotated[str | None, Field(title="Command Id")]
    previous_status: Annotated[str | None, Field(title="Previous Status")]
    closed_by_cdr: Annotated[str | None, Field(title="Closed By Cdr")]
    contradictions: Annotated[list[Deviation], Field(title="Contradictions")]
    cost_so_far: CostSoFar


type SessionUpdated = Annotated[
    SessionUpdated1 | SessionUpdated2,
    Field(description="A session is new or has changed.", title="Session Updated"),
]
