"""The routes of reservations: RESERVE_NOW and CANCEL_RESERVATION for a driver."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path
from pydantic import BaseModel

from emsp.commands.send_command import SendCommand
from emsp.commands.states import OPEN, SUCCEEDED, CommandState
from emsp.deadline import Deadline
from emsp.driver_api.charge_view import Station
from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.http_api import caller
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.driver_api.start_charge import Reserve, StartCharge
from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.json_text import stored_object
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.sessions import SessionStore

LISTED_FOR: Final = timedelta(days=30)
LISTED_AT_MOST: Final = 50
MAX_WAIT_S: Final = 5

IdInPath = Annotated[str, Path(min_length=1, max_length=64)]


class ReservationState(StrEnum):
    """The state of a reservation."""

    REQUESTED = "REQUESTED"
    RESERVED = "RESERVED"
    FAILED = "FAILED"
    USED = "USED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Reservation(BaseModel):
    """A reservation of the driver."""

    id: str
    state: ReservationState
    station: Station | None = None
    evse_uid: str | None = None
    expires_at: datetime | None = None


class Reservations(BaseModel):
    """The reservations of the last 30 days, newest first."""

    reservations: list[Reservation]


@dataclass(frozen=True)
class ReservationRoutes:
    """The use cases and stores for the routes of reservations."""

    start: StartCharge
    commands: CommandStore
    sessions: SessionStore
    send: Callable[[], SendCommand]
    admit: Callable[[Driver], None]
    url: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def own(self, driver: Driver, reservation_id: str) -> CommandRecord:
        """Return the reservation. Raises ProblemFound if the driver has no such reservation."""
        try:
            record = self.commands.get(reservation_id)
        except UnknownCommand:
            record = None
        if record is None or record.command != "RESERVE_NOW" or not driver.owns(record.token_key):
            raise ProblemFound(Problems.NOT_FOUND, "there is no such reservation of this driver")
        return record

    def listed(self, driver: Driver) -> list[Reservation]:
        now = self.now()
        records = [
            each
            for key in driver.token_keys
            for each in self.commands.of_token(key, now - LISTED_FOR)
            if each.command == "RESERVE_NOW" and each.state != CommandState.NOT_SENT
        ]
        newest = sorted(records, key=lambda each: each.created_at, reverse=True)[:LISTED_AT_MOST]
        return [self.view(each) for each in newest]

    def cancel(self, driver: Driver, record: CommandRecord, deadline: Deadline) -> None:
        """Cancel the reservation. Raises ProblemFound, and the errors of send_command."""
        state = self.view(record).state
        if state not in (ReservationState.REQUESTED, ReservationState.RESERVED):
            raise ProblemFound(Problems.OVER_ALREADY, f"the reservation is {state}")
        self.admit(driver)
        answered = self.send()(
            {
                "command": "CANCEL_RESERVATION",
                "command_id": record.command_id,
                "idempotency_key": _cancel_key(record),
                "max_wait_s": MAX_WAIT_S,
            },
            deadline,
        )
        if CommandState(str(answered["state"])) not in OPEN | SUCCEEDED:
            raise ProblemFound(
                Problems.CPO_REFUSED, f"the CPO answered {answered['state']} to CANCEL_RESERVATION"
            )

    def view(self, record: CommandRecord) -> Reservation:
        sent = stored_object(record.body, f"command {record.command_id}")
        country_code, _, party_id = record.to.partition("*")
        place = Station(country_code=country_code, party_id=party_id, location_id=record.location_id)
        expires_at = parse_datetime(str(sent["expiry_date"]))
        return Reservation(
            id=record.command_id,
            state=self._state(record, expires_at),
            station=place if record.to else None,
            evse_uid=record.evse_uid or None,
            expires_at=expires_at,
        )

    def _state(self, record: CommandRecord, expires_at: datetime) -> ReservationState:
        state = CommandState(record.state)
        now = self.now()
        cancel = self.commands.of_key(_cancel_key(record), now)
        cancelled = cancel is not None and CommandState(cancel.state) in SUCCEEDED
        if cancelled or state is CommandState.CANCELED_RESERVATION:
            return ReservationState.CANCELLED
        if self._charged(record):
            return ReservationState.USED
        if state not in OPEN | SUCCEEDED:
            return ReservationState.FAILED
        if expires_at <= now:
            return ReservationState.EXPIRED
        if cancel is not None and CommandState(cancel.state) in OPEN:
            return ReservationState.CANCELLING
        return ReservationState.REQUESTED if state in OPEN else ReservationState.RESERVED

    def _charged(self, record: CommandRecord) -> bool:
        """Whether its session has run. Before that, CPOs send a session with the status RESERVATION."""
        session = self.sessions.get(record.session_key) if record.session_key else None
        ran = session is not None and session.first_active_at not in (None, session.first_ended_at)
        return ran or (session is None and bool(record.session_key))


def add_reservations(resolver: APIGatewayHttpResolver, uses: ReservationRoutes) -> None:
    _add_reserve(resolver, uses)
    _add_cancel(resolver, uses)

    @resolver.get(
        "/reservations",
        summary="The driver's reservations",
        tags=["reservations"],
        operation_id="list_reservations",
    )
    def list_reservations() -> Reservations:
        return Reservations(reservations=uses.listed(caller(resolver)))

    @resolver.get(
        "/reservations/<reservation_id>",
        summary="The current state of a reservation",
        tags=["reservations"],
        operation_id="get_reservation",
    )
    def get_reservation(reservation_id: IdInPath) -> Reservation:
        return uses.view(uses.own(caller(resolver), reservation_id))


def _add_reserve(resolver: APIGatewayHttpResolver, uses: ReservationRoutes) -> None:
    @resolver.post(
        "/reservations",
        summary="Authorize and reserve an EVSE",
        tags=["reservations"],
        operation_id="reserve",
        status_code=202,
    )
    def reserve(
        wish: Reserve,
        idempotency_key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)],
    ) -> Response[Reservation]:
        record = uses.start(caller(resolver), wish, idempotency_key, resolver.context["deadline"])
        return _accepted(uses, record)


def _add_cancel(resolver: APIGatewayHttpResolver, uses: ReservationRoutes) -> None:
    @resolver.delete(
        "/reservations/<reservation_id>",
        summary="Cancel a reservation",
        tags=["reservations"],
        operation_id="cancel_reservation",
        status_code=202,
    )
    def cancel_reservation(reservation_id: IdInPath) -> Response[Reservation]:
        driver = caller(resolver)
        record = uses.own(driver, reservation_id)
        uses.cancel(driver, record, resolver.context["deadline"])
        return _accepted(uses, record)


def _accepted(uses: ReservationRoutes, record: CommandRecord) -> Response[Any]:
    headers = {"Location": f"{uses.url}/reservations/{record.command_id}", "Retry-After": "2"}
    return Response(HTTPStatus.ACCEPTED, "application/json", uses.view(record), headers)


def _cancel_key(record: CommandRecord) -> str:
    return f"driver-cancel-{record.command_id}"
