"""OCPI's Sessions module, with the classes that it shares with the CDRs module."""

from enum import StrEnum

from emsp.ocpi.cdr_token import CdrToken
from emsp.ocpi.dimensions import CdrDimensionType
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.session_status import SessionStatus
from emsp.ocpi.types.cardinalities import OneOrMore, ZeroOrMore, ZeroOrOne
from emsp.ocpi.types.classes import Price
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Number
from emsp.ocpi.types.texts import (
    CiString2,
    CiString3,
    CiString36,
    Currency,
    KeyCountryCode,
    KeyId,
    KeyPartyId,
    String255,
)


class AuthMethod(StrEnum):
    """How a session was authorized (CDRs module)."""

    AUTH_REQUEST = "AUTH_REQUEST"
    COMMAND = "COMMAND"
    WHITELIST = "WHITELIST"


class CdrDimension(OcpiModel):
    """A measured volume, in the unit of its type (CDRs module)."""

    type: OpenEnum[CdrDimensionType]
    volume: Number


class ChargingPeriod(OcpiModel):
    """A part of a session in which no value that its price depends on changed (CDRs module)."""

    start_date_time: OcpiDateTime
    dimensions: OneOrMore[CdrDimension]
    tariff_id: ZeroOrOne[CiString36] = None


class Session(OcpiModel):
    """One charging session, owned by a CPO; energy in kWh, cost in `currency`."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    start_date_time: OcpiDateTime
    end_date_time: ZeroOrOne[OcpiDateTime] = None
    kwh: Number
    cdr_token: CdrToken
    auth_method: OpenEnum[AuthMethod]
    authorization_reference: ZeroOrOne[CiString36] = None
    location_id: CiString36
    evse_uid: CiString36
    connector_id: CiString36
    meter_id: ZeroOrOne[String255] = None
    currency: Currency
    charging_periods: ZeroOrMore[ChargingPeriod] = ()
    total_cost: ZeroOrOne[Price] = None
    status: OpenEnum[SessionStatus]
    last_updated: OcpiDateTime


class SessionIdentity(OcpiModel):
    """The fields without which a session is rejected: what identifies it, its status, and what orders it.

    They do not include the token, because a session with an unknown driver is accepted.
    """

    country_code: KeyCountryCode
    party_id: KeyPartyId
    id: KeyId
    status: OpenEnum[SessionStatus]
    last_updated: OcpiDateTime
