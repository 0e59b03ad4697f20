"""OCPI's Hub Client Info module: the parties that the Hub lists."""

from enum import StrEnum


class ConnectionState(StrEnum):
    """The specification's ConnectionStatus. PLANNED parties were never connected, and SUSPENDED ones will not
    be connected again.
    """

    CONNECTED = "CONNECTED"
    OFFLINE = "OFFLINE"
    PLANNED = "PLANNED"
    SUSPENDED = "SUSPENDED"
