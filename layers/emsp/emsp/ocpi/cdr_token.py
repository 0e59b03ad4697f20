"""The token in a session or a CDR (OCPI 2.2.1, mod_cdrs, CdrToken)."""

from enum import StrEnum

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.texts import CiString2, CiString3, CiString36


class TokenType(StrEnum):
    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    OTHER = "OTHER"
    RFID = "RFID"


class CdrToken(OcpiModel):
    """The token with which a session was started (CDRs module)."""

    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: OpenEnum[TokenType]
    contract_id: CiString36
