"""OCPI's Versions module."""

from enum import StrEnum

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import OneOrMore
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.texts import Url


class VersionNumber(StrEnum):
    V2_0 = "2.0"
    V2_1 = "2.1"
    V2_1_1 = "2.1.1"
    V2_2 = "2.2"
    V2_2_1 = "2.2.1"


class ModuleID(StrEnum):
    CDRS = "cdrs"
    CHARGING_PROFILES = "chargingprofiles"
    COMMANDS = "commands"
    CREDENTIALS = "credentials"
    HUB_CLIENT_INFO = "hubclientinfo"
    LOCATIONS = "locations"
    SESSIONS = "sessions"
    TARIFFS = "tariffs"
    TOKENS = "tokens"


class InterfaceRole(StrEnum):
    """SENDER is the interface of the data's owner, RECEIVER that of who gets the data pushed."""

    SENDER = "SENDER"
    RECEIVER = "RECEIVER"


class Version(OcpiModel):
    """A version that a platform speaks, and where its details are."""

    version: OpenEnum[VersionNumber]
    url: Url


class Endpoint(OcpiModel):
    """Where one side of a module is."""

    identifier: OpenEnum[ModuleID]
    role: OpenEnum[InterfaceRole]
    url: Url


class VersionDetails(OcpiModel):
    """The endpoints of one version."""

    version: OpenEnum[VersionNumber]
    endpoints: OneOrMore[Endpoint]
