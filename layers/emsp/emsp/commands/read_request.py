"""Read and validate the request for a command. Nothing is stored or sent before that. Without I/O.

Our services send the OCPI object of the command without `response_url`, and the fields of Control. The token
may have any form that tokens/complete_token.py accepts.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from emsp.commands.spending_limit import SpendingLimit
from emsp.invocation import (
    SPACING_S,
    CorrelationId,
    Flag,
    InvalidInvocation,
    MaxWait,
    ObjectId,
    Payload,
    ReceivingParty,
    read_payload,
)
from emsp.ocpi.commands import (
    CancelReservation,
    CommandType,
    ReserveNow,
    StartSession,
    StopSession,
    UnlockConnector,
)
from emsp.ocpi.datetimes import parse_datetime
from emsp.ocpi.deviations import deviations
from emsp.ocpi.ids import with_ids_cut
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.parties import PartyId, object_key
from emsp.tokens.complete_token import asked_token, refuse_foreign

MODELS: Final[dict[CommandType, type[OcpiModel]]] = {
    CommandType.START_SESSION: StartSession,
    CommandType.STOP_SESSION: StopSession,
    CommandType.RESERVE_NOW: ReserveNow,
    CommandType.CANCEL_RESERVATION: CancelReservation,
    CommandType.UNLOCK_CONNECTOR: UnlockConnector,
}


class Control(Payload):
    """The fields of a request besides those of the OCPI object. check_object validates the OCPI object."""

    command: CommandType
    token_uid: ObjectId | None = None
    to: ReceivingParty | None = None
    correlation_id: CorrelationId
    max_wait_s: MaxWait = SPACING_S
    idempotency_key: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"\S")] | None = None
    task_token: Annotated[str, Field(min_length=1, max_length=4096, pattern=r"\S")] | None = None
    command_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S")] | None = None
    check: Flag = False
    limit: SpendingLimit | None = None
    stop_if_late: Flag = False


FOR_START_SESSION: Final = frozenset({"check", "limit", "stop_if_late"})

EARLIER_COMMAND: Final = {
    CommandType.STOP_SESSION: "session_id",
    CommandType.CANCEL_RESERVATION: "reservation_id",
}
"""For each command that ends an earlier one: the field that `command_id` can replace."""


class CommandRequest(NamedTuple):
    """A requested command. `ocpi_object` has no response_url yet.

    `earlier_command_id` is the START_SESSION whose session, or the RESERVE_NOW whose reservation, the command
    ends. It replaces session_id or reservation_id.
    """

    command: CommandType
    ocpi_object: JsonObject
    to: PartyId | None
    correlation_id: str
    max_wait_s: float
    idempotency_key: str | None
    task_token: str | None
    earlier_command_id: str | None
    check: bool = False
    """Whether to ask the Hub for the status of the EVSE first."""
    limit: SpendingLimit | None = None
    stop_if_late: bool = False
    """Whether to stop the session if it starts after we reported that it would not."""
    asked_token: JsonObject | None = None
    """The token as the caller sent it."""

    def field(self, name: str) -> str:
        """Return a text field of the OCPI object, or ""."""
        value = self.ocpi_object.get(name)
        return value if isinstance(value, str) else ""

    @property
    def token_key(self) -> str:
        """The object key of the driver's token, by which sessions and CDRs are indexed, or "" without a
        token.
        """
        token = self.ocpi_object.get("token")
        if not isinstance(token, dict):
            return ""
        return object_key(str(token["country_code"]), str(token["party_id"]), str(token["uid"]))

    @property
    def sha256(self) -> str:
        """The SHA-256 of the request. Equal requests have the same one."""
        request: JsonObject = {
            "command": self.command.value,
            "object": self.ocpi_object | ({"token": self.asked_token} if self.asked_token else {}),
            "earlier": self.earlier_command_id,
            "to": str(self.to),
            **({"limit": self.limit.as_text()} if self.limit else {}),
            **({"stop_if_late": True} if self.stop_if_late else {}),
        }
        return hashlib.sha256(dump_json(request).encode()).hexdigest()


def read_request(payload: JsonObject) -> CommandRequest:
    """Return the request in a payload. Its OCPI object is not validated yet. Raises InvalidInvocation."""
    fields = _fields_of(payload.get("command"))
    known = fields | Control.model_fields.keys()
    known -= set() if "token" in fields else {"token_uid"}
    known -= set() if payload.get("command") == CommandType.START_SESSION else FOR_START_SESSION
    if fields and (unknown := sorted(payload.keys() - known)):
        raise InvalidInvocation(f"unknown field {unknown[0]!r}: known are {', '.join(sorted(known))}")
    control = read_payload(Control, {name: payload[name] for name in payload if name not in fields})
    ended = EARLIER_COMMAND.get(control.command)
    if control.command_id and ended is None:
        raise InvalidInvocation("command_id is for STOP_SESSION and CANCEL_RESERVATION: the command to end")
    if control.command_id and payload.get(str(ended)) is not None:
        raise InvalidInvocation(f"give either command_id or {ended}, not both")
    token = _token(control, payload) if "token" in fields else None
    ocpi_object = {name: payload[name] for name in payload if name in fields and payload[name] is not None}
    if token is not None:
        ocpi_object["token"] = token
    return CommandRequest(
        command=control.command,
        ocpi_object=ocpi_object,
        to=control.to.party if control.to else None,
        correlation_id=control.correlation_id,
        max_wait_s=control.max_wait_s,
        idempotency_key=control.idempotency_key,
        task_token=control.task_token,
        earlier_command_id=control.command_id,
        check=control.check,
        limit=control.limit,
        stop_if_late=control.stop_if_late,
        asked_token=token,
    )


def _fields_of(command: JsonValue) -> frozenset[str]:
    """Return the fields that a caller may give for this command. There are none for an unknown command."""
    if command not in CommandType:
        return frozenset()
    return frozenset(MODELS[CommandType(str(command))].field_names()) - {"response_url"}


def _token(control: Control, payload: JsonObject) -> JsonObject | None:
    token = payload.get("token")
    if token is not None and not isinstance(token, dict):
        raise InvalidInvocation('token must be an object, such as {"uid": "...", "type": "APP_USER"}')
    try:
        return asked_token(control.token_uid, token)
    except ValueError as error:
        raise InvalidInvocation(str(error)) from None


def check_object(command: CommandType, ocpi_object: JsonObject, our_party: PartyId, now: datetime) -> None:
    """Validate the whole OCPI object, including response_url (OCPI 2.2.1, mod_commands).

    Raises InvalidInvocation. Its message has every invalid field.
    """
    model = MODELS[command]
    problems = [
        f"{each.path or model.__name__} {each.problem}"
        for each in deviations(model, with_ids_cut(ocpi_object))
    ]
    if problems:
        raise InvalidInvocation(f"{command} was not sent: {'; '.join(problems)}")
    token = ocpi_object.get("token")
    if isinstance(token, dict):
        try:
            refuse_foreign(token, our_party)
        except InvalidInvocation as error:
            raise InvalidInvocation(f"{command} was not sent: {error}") from None
    expiry_date = ocpi_object.get("expiry_date")
    if isinstance(expiry_date, str) and parse_datetime(expiry_date) <= now:
        raise InvalidInvocation(f"{command} was not sent: expiry_date {expiry_date} has passed")
