"""Authorize and start a charge in one request, once for each Idempotency-Key of a driver."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict

from emsp.commands.evse_not_available import EvseNotAvailable
from emsp.commands.idempotency_key import IdempotencyKeyReused
from emsp.commands.send_command import SendCommand
from emsp.commands.spending_limit import SpendingLimit
from emsp.commands.states import CommandState
from emsp.deadline import Deadline
from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.hub.errors import NotFound, NotRouted
from emsp.invocation import ObjectId, Owned
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json, stored_object
from emsp.ocpi.locations import Status
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from emsp.tokens.authorize_token import AuthorizeToken

MAX_WAIT_S: Final = 5
"""The longest wait for the Hub's quota in seconds. The driver stands in front of the station."""
FAILED_STARTS_AT_MOST: Final = 20
"""The largest number of starts with one key that may fail before they reach the CPO."""

NOT_ALLOWED: Final = {
    "BLOCKED": Problems.TOKEN_BLOCKED,
    "EXPIRED": Problems.TOKEN_EXPIRED,
    "NO_CREDIT": Problems.NO_CREDIT,
    "NOT_ALLOWED": Problems.TOKEN_NOT_ALLOWED,
    "UNKNOWN": Problems.CPO_OFFLINE,
}
OCCUPIED: Final = frozenset({Status.CHARGING, Status.BLOCKED})


class AtStation(Owned):
    """Names a location of a CPO."""

    location_id: ObjectId

    @property
    def key(self) -> str:
        return self.party.key_of(self.location_id)


class AtEvse(BaseModel):
    """Names an EVSE of a CPO."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: AtStation
    evse_uid: ObjectId

    @property
    def cpo(self) -> JsonObject:
        return {"country_code": self.station.country_code, "party_id": self.station.party_id}


class StartRequest(AtEvse):
    """The body of POST /charges."""

    connector_id: ObjectId | None = None
    limit: SpendingLimit | None = None

    @property
    def place(self) -> JsonObject:
        """Return the place as fields of START_SESSION."""
        place: JsonObject = {"location_id": self.station.location_id, "evse_uid": self.evse_uid}
        return place | ({"connector_id": self.connector_id} if self.connector_id else {})

    @property
    def command(self) -> JsonObject:
        """Return the fields for send_command that only this command has."""
        limit: JsonValue = parse_json(self.limit.as_text()) if self.limit else None
        start: JsonObject = {"command": "START_SESSION", "check": True, "stop_if_late": True, "limit": limit}
        return start | self.place

    def is_asked_by(self, record: CommandRecord) -> bool:
        """Whether `record` is the command of the same request."""
        limit = self.limit.as_text() if self.limit else ""
        return _same(record, "START_SESSION", self.place) and record.limit == limit


class Reserve(AtEvse):
    """The body of POST /reservations."""

    expires_at: AwareDatetime

    @property
    def place(self) -> JsonObject:
        """Return the place as fields of RESERVE_NOW."""
        return {
            "location_id": self.station.location_id,
            "evse_uid": self.evse_uid,
            "expiry_date": write_datetime(self.expires_at),
        }

    @property
    def command(self) -> JsonObject:
        """Return the fields for send_command that only this command has."""
        return {"command": "RESERVE_NOW", "reservation_id": str(uuid4()), **self.place}

    def is_asked_by(self, record: CommandRecord) -> bool:
        """Whether `record` is the command of the same request."""
        return _same(record, "RESERVE_NOW", self.place)


@dataclass(frozen=True)
class StartCharge:
    """Calls authorize_token, and then send_command with START_SESSION or RESERVE_NOW."""

    commands: CommandStore
    authorize: Callable[[], AuthorizeToken]
    send: Callable[[], SendCommand]
    admit: Callable[[Driver], None]
    """Raises ProblemFound for a driver who may not call the Hub now."""
    knows: Callable[[str], bool]
    """Whether the catalogue has a location with this key. Raises StoreUnavailable."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(
        self, driver: Driver, start: StartRequest | Reserve, key: str, deadline: Deadline
    ) -> CommandRecord:
        """Authorize the driver's token, send the command, and return it. `key` is the Idempotency-Key.

        Raises ProblemFound, and the errors of authorize_token and send_command.
        """
        command_key, earlier = self._earlier(driver, key)
        if earlier is None:
            self.admit(driver)
            authorization = self._authorized(driver, start, deadline)
            try:
                sent = self._sent(start, authorization, command_key, deadline)
                return self.commands.get(str(sent["command_id"]))
            except IdempotencyKeyReused:  # the same tap, which came twice at once
                _, earlier = self._earlier(driver, key)
        if earlier is None or not start.is_asked_by(earlier):
            raise ProblemFound(
                Problems.IDEMPOTENCY_KEY_REUSED, "use a new Idempotency-Key for another charge"
            )
        return earlier

    def _earlier(self, driver: Driver, key: str) -> tuple[str, CommandRecord | None]:
        """Return the key and the command of this key. If that command was not sent, return the key for
        another try.
        """
        command_key = _hash(driver.token_keys[0], key)
        for _ in range(FAILED_STARTS_AT_MOST):
            record = self.commands.of_key(command_key, self.now())
            if record is None or record.state != CommandState.NOT_SENT:
                return command_key, record
            command_key = _hash(command_key, record.command_id)
        raise ProblemFound(Problems.IDEMPOTENCY_KEY_REUSED, "this key failed too often: use a new one")

    def _authorized(self, driver: Driver, start: StartRequest | Reserve, deadline: Deadline) -> JsonObject:
        request: JsonObject = {
            "token_uid": driver.uid,
            "type": "APP_USER",
            "location_id": start.station.location_id,
            "evse_uids": [start.evse_uid],
            "to": start.cpo,
            "max_wait_s": MAX_WAIT_S,
        }
        try:
            answered = self.authorize()(request, deadline)
        except (NotFound, NotRouted):
            # Looked up only now, because charges can be started at a new station before it is pulled.
            if self.knows(start.station.key):
                raise
            raise ProblemFound(Problems.NOT_FOUND, "there is no such station") from None
        allowed = str(answered["allowed"])
        if allowed != "ALLOWED":
            problem = NOT_ALLOWED.get(allowed, Problems.TOKEN_NOT_ALLOWED)
            raise ProblemFound(problem, f"the authorization says {allowed[:40]}")
        return answered

    def _sent(
        self, start: StartRequest | Reserve, answered: JsonObject, command_key: str, deadline: Deadline
    ) -> JsonObject:
        reference = answered.get("authorization_reference")
        payload: JsonObject = {
            **start.command,
            "token": answered["token"],
            "to": start.cpo,
            "correlation_id": answered["correlation_id"],
            "max_wait_s": MAX_WAIT_S,
            "idempotency_key": command_key,
            **({"authorization_reference": reference} if reference else {}),
        }
        try:
            return self.send()(payload, deadline)
        except EvseNotAvailable as error:
            raise _not_available(error) from None


def _same(record: CommandRecord, command: str, place: JsonObject) -> bool:
    sent = stored_object(record.body, f"command {record.command_id}")
    names = ("location_id", "evse_uid", "connector_id", "expiry_date")
    return record.command == command and {name: sent[name] for name in names if name in sent} == place


def _not_available(error: EvseNotAvailable) -> ProblemFound:
    status = error.data["evse_status"]
    if status is None:
        return ProblemFound(Problems.NOT_FOUND, str(error))
    problem = Problems.EVSE_OCCUPIED if status in OCCUPIED else Problems.EVSE_OUT_OF_ORDER
    return ProblemFound(problem, str(error))


def _hash(*parts: str) -> str:
    return "driver-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()
