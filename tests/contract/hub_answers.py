"""Models of what the Hub answers. The functions read these objects field by field; only tests need models."""

from enum import StrEnum

from emsp.ocpi.hubclientinfo import ConnectionState
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.tokens import AllowedType, Token
from emsp.ocpi.types.cardinalities import ZeroOrMore, ZeroOrOne
from emsp.ocpi.types.classes import DisplayText, Role
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Int
from emsp.ocpi.types.texts import CiString2, CiString3, CiString36


class CommandResponseType(StrEnum):
    """The immediate answer of a CPO (or the Hub) to a command."""

    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"


class CommandResultType(StrEnum):
    """The later result of a command at the charge point."""

    ACCEPTED = "ACCEPTED"
    CANCELED_RESERVATION = "CANCELED_RESERVATION"
    EVSE_OCCUPIED = "EVSE_OCCUPIED"
    EVSE_INOPERATIVE = "EVSE_INOPERATIVE"
    FAILED = "FAILED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    TIMEOUT = "TIMEOUT"
    UNKNOWN_RESERVATION = "UNKNOWN_RESERVATION"


class CommandResponse(OcpiModel):
    """The answer to a command. The result may take `timeout` seconds."""

    result: OpenEnum[CommandResponseType]
    timeout: Int
    message: ZeroOrMore[DisplayText] = ()


class CommandResult(OcpiModel):
    """The result of a command."""

    result: OpenEnum[CommandResultType]
    message: ZeroOrMore[DisplayText] = ()


class LocationReferences(OcpiModel):
    """A location of a CPO, and its EVSEs that are meant (all if none is listed)."""

    location_id: CiString36
    evse_uids: ZeroOrMore[CiString36] = ()


class AuthorizationInfo(OcpiModel):
    """The answer to a real-time authorization."""

    allowed: OpenEnum[AllowedType]
    token: Token
    location: ZeroOrOne[LocationReferences] = None
    authorization_reference: ZeroOrOne[CiString36] = None
    info: ZeroOrOne[DisplayText] = None


class ClientInfo(OcpiModel):
    """One party's connection to the Hub."""

    party_id: CiString3
    country_code: CiString2
    role: OpenEnum[Role]
    status: OpenEnum[ConnectionState]
    last_updated: OcpiDateTime
