"""OCPI's Commands module."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.tokens import Token
from emsp.ocpi.types.cardinalities import ZeroOrOne
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.texts import CiString36, Url


class CommandType(StrEnum):
    CANCEL_RESERVATION = "CANCEL_RESERVATION"
    RESERVE_NOW = "RESERVE_NOW"
    START_SESSION = "START_SESSION"
    STOP_SESSION = "STOP_SESSION"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR"


class CancelReservation(OcpiModel):
    """The body of CANCEL_RESERVATION."""

    response_url: Url
    reservation_id: CiString36


class ReserveNow(OcpiModel):
    """The body of RESERVE_NOW; `expiry_date` is when the reservation ends."""

    response_url: Url
    token: Token
    expiry_date: OcpiDateTime
    reservation_id: CiString36
    location_id: CiString36
    evse_uid: ZeroOrOne[CiString36] = None
    authorization_reference: ZeroOrOne[CiString36] = None


class StartSession(OcpiModel):
    """The body of START_SESSION. A `connector_id` requires an `evse_uid`."""

    response_url: Url
    token: Token
    location_id: CiString36
    evse_uid: ZeroOrOne[CiString36] = None
    connector_id: ZeroOrOne[CiString36] = None
    authorization_reference: ZeroOrOne[CiString36] = None

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.connector_id is not None and self.evse_uid is None:
            raise ValueError("has a connector_id without the evse_uid that it needs")
        return self


class StopSession(OcpiModel):
    """The body of STOP_SESSION."""

    response_url: Url
    session_id: CiString36


class UnlockConnector(OcpiModel):
    """The body of UNLOCK_CONNECTOR, which is for help desks only."""

    response_url: Url
    location_id: CiString36
    evse_uid: CiString36
    connector_id: CiString36
