"""OCPI's Hub Client Info module: the parties that the Hub lists."""

from enum import StrEnum

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.classes import Role
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.texts import CiString2, CiString3


class ConnectionState(StrEnum):
    """The specification's ConnectionStatus. PLANNED parties were never connected, and SUSPENDED ones will not
    be connected again.
    """

    CONNECTED = "CONNECTED"
    OFFLINE = "OFFLINE"
    PLANNED = "PLANNED"
    SUSPENDED = "SUSPENDED"


class ClientInfo(OcpiModel):
    """One party's connection to the Hub."""

    party_id: CiString3
    country_code: CiString2
    role: OpenEnum[Role]
    status: OpenEnum[ConnectionState]
    last_updated: OcpiDateTime
