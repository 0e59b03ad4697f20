"""OCPI's Tokens module: tokens identify drivers."""

from enum import StrEnum

from emsp.ocpi.cdr_token import TokenType
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import ZeroOrOne
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Bool
from emsp.ocpi.types.texts import CiString2, CiString3, CiString36, Language, String64


class WhitelistType(StrEnum):
    ALWAYS = "ALWAYS"
    ALLOWED = "ALLOWED"
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE"
    NEVER = "NEVER"


class AllowedType(StrEnum):
    """Whether a token may be used. The Hub also sends UNKNOWN, which OCPI does not have. It is read as a
    `str`.
    """

    ALLOWED = "ALLOWED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    NO_CREDIT = "NO_CREDIT"
    NOT_ALLOWED = "NOT_ALLOWED"


class ProfileType(StrEnum):
    """A driver's charging preference (Sessions module)."""

    CHEAP = "CHEAP"
    FAST = "FAST"
    GREEN = "GREEN"
    REGULAR = "REGULAR"


class EnergyContract(OcpiModel):
    """A driver's own energy supplier."""

    supplier_name: String64
    contract_id: ZeroOrOne[String64] = None


class Token(OcpiModel):
    """A driver's means of identification, owned by an eMSP."""

    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: OpenEnum[TokenType]
    contract_id: CiString36
    visual_number: ZeroOrOne[String64] = None
    issuer: String64
    group_id: ZeroOrOne[CiString36] = None
    valid: Bool
    whitelist: OpenEnum[WhitelistType]
    language: ZeroOrOne[Language] = None
    default_profile_type: ZeroOrOne[OpenEnum[ProfileType]] = None
    energy_contract: ZeroOrOne[EnergyContract] = None
    last_updated: OcpiDateTime
