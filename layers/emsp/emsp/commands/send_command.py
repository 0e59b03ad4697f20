"""Send a command to a CPO: the record first, then the call, then what came of it.

A crash at any point leaves a command that ends: the wake-up call of expire_command is queued before the
record, the record is stored before the Hub is called, and the Hub is never called twice for one record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from emsp import log
from emsp.commands.advance import Advanced, advance_command
from emsp.commands.requests import CommandRequest, check_object, read_request
from emsp.commands.states import Answered, CommandState, NotPassedOn
from emsp.connection.hub_connection import COMMANDS
from emsp.connection.routing import owner_of, unreachable_status
from emsp.hub.client import HubClient
from emsp.hub.deadline import Deadline
from emsp.hub.errors import Delivery, HubError, Refused
from emsp.invocation import InvalidInvocation
from emsp.ocpi.commands import CommandType
from emsp.ocpi.json_text import JsonObject, JsonValue, dump_json, parse_json
from emsp.ocpi.parties import PartyId
from emsp.ocpi.status_codes import StatusCode
from emsp.stores.commands import (
    CommandMoved,
    CommandRecord,
    CommandStore,
    DuplicateCommand,
    IdempotencyClaim,
    UnknownCommand,
)
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.table import StoreUnavailable

GRACE: Final = timedelta(seconds=10)
"""How much later than the CPO's own timeout a result may come: the Hub's queue and retries are in between."""

UNANSWERED_TIMEOUT_S: Final = 30
"""The timeout of a command whose answer did not come, or named none (the Hub's guide: 30 is typical)."""

NOT_PASSED_ON: Final = frozenset(
    {
        StatusCode.INVALID_PARAMETERS,
        StatusCode.NOT_ENOUGH_INFORMATION,
        StatusCode.UNKNOWN_LOCATION,
        StatusCode.UNKNOWN_TOKEN,
    }
)
"""Refusals that the Hub decides by itself. The generic 2000 can also tell that the CPO did not answer in
time: then it may well have got the command.
"""

LONGEST_TIMEOUT_S: Final = 3600
IDEMPOTENCY_KEPT: Final = timedelta(hours=24)


class IdempotencyKeyReused(ValueError):
    """The same idempotency_key came with another command: use a new key for a new command."""


class NoSessionYet(LookupError):
    """The session of that START_SESSION has not arrived yet: try again shortly, or give session_id and to."""


@dataclass(frozen=True)
class SendCommand:
    """The use case, with the Hub and the stores that it needs."""

    hub: HubClient
    commands: CommandStore
    expiry: ExpiryQueue
    sessions: OwnerStore
    locations: OwnerStore
    parties: PartyStore
    public_base_url: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """`{"command_id", "state", "result", "timeout", "message"?, "cpo_status"?}`.

        `state` is SENT when the CPO accepted (its result follows), REJECTED, NOT_SUPPORTED or
        UNKNOWN_SESSION when it did not, PENDING with `error` when nobody knows whether it got there: then
        the result or a TIMEOUT follows too. Raises InvalidInvocation, IdempotencyKeyReused, NoSessionYet,
        and the errors of emsp.hub.errors when the command certainly was not passed on, which makes it safe
        to try again.
        """
        request = read_request(payload)
        log.bind(correlation_id=request.correlation_id)
        request = self._complete(request)
        command_id = str(uuid4())
        response_url = f"{self.public_base_url}/ocpi/2.2.1/commands/{request.command}/{command_id}"
        body: JsonObject = {"response_url": response_url, **request.ocpi_object}
        now = self.now()
        check_object(request.command, body, self.hub.our_party, now)
        url = f"{self.hub.endpoint('commands', 'RECEIVER')}/{request.command}"
        record = CommandRecord(
            command_id=command_id,
            command=request.command.value,
            state=CommandState.PENDING.value,
            created_at=now,
            times_out_at=now + timedelta(seconds=deadline.remaining() + UNANSWERED_TIMEOUT_S) + GRACE,
            body=dump_json(body),
            correlation_id=request.correlation_id,
            to=str(request.to or ""),
            token_key=request.token_key,
            location_id=request.field("location_id"),
            evse_uid=request.field("evse_uid"),
            authorization_reference=request.field("authorization_reference"),
            reservation_id=request.field("reservation_id").upper(),
            task_token=request.task_token or "",
            idempotency_key=request.idempotency_key or "",
        )
        log.bind(command_id=command_id, correlation_id=record.correlation_id)
        earlier = self._store(record, request)
        if earlier is not None:
            return self._told(earlier, request)
        return self._told(self._call(record, url, body, request, deadline), request)

    def _complete(self, request: CommandRequest) -> CommandRequest:
        """With the CPO, and the session or reservation of an earlier command, looked up in our own tables."""
        if request.earlier_command_id:
            return self._ending(request, self._earlier(request.earlier_command_id))
        if request.to is not None:
            return request
        to = None
        if request.command is CommandType.STOP_SESSION:
            to = owner_of(self.sessions, request.field("session_id"))
        elif request.command is CommandType.CANCEL_RESERVATION:
            reserved = self.commands.of_reservation(request.field("reservation_id"))
            to = _party(reserved.to) if reserved else None
        elif request.field("location_id"):
            to = owner_of(self.locations, request.field("location_id"))
        return replace(request, to=to)

    def _earlier(self, command_id: str) -> CommandRecord:
        try:
            return self.commands.get(command_id)
        except UnknownCommand as error:
            raise InvalidInvocation(str(error)) from None

    def _ending(self, request: CommandRequest, earlier: CommandRecord) -> CommandRequest:
        if request.command is CommandType.CANCEL_RESERVATION:
            reservation_id = _body(earlier).get("reservation_id")
            if reservation_id is None:
                raise InvalidInvocation(
                    f"command {earlier.command_id} is a {earlier.command}, which reserves nothing"
                )
            ended: JsonObject = {"reservation_id": reservation_id}
            return replace(request, ocpi_object=ended, to=request.to or _party(earlier.to))
        if not earlier.session_id:
            raise NoSessionYet(
                f"no session is known of command {earlier.command_id} ({earlier.command}, {earlier.state}): "
                "try again when it has arrived, or give session_id and to"
            )
        country_code, party_id, _ = earlier.session_key.split("#", 2)
        return replace(
            request,
            ocpi_object={"session_id": earlier.session_id},
            to=request.to or PartyId(country_code, party_id),
        )

    def _store(self, record: CommandRecord, request: CommandRequest) -> CommandRecord | None:
        """Queue the time limit, then store. Returns the command that this one repeats, if it does."""
        self.expiry.wake_after(record.command_id, (record.times_out_at - record.created_at).total_seconds())
        if not request.idempotency_key:
            self.commands.create(record)
            return None
        claim = IdempotencyClaim(
            request.idempotency_key, request.sha256, record.created_at + IDEMPOTENCY_KEPT
        )
        for _ in range(3):
            try:
                self.commands.create(record, claim)
            except DuplicateCommand as duplicate:
                if duplicate.body_sha256 != request.sha256:
                    raise IdempotencyKeyReused(
                        f"idempotency_key belongs to command {duplicate.command_id}, which was another: "
                        "use a new key for a new command"
                    ) from None
                earlier = self.commands.get(duplicate.command_id)
                if earlier.state != CommandState.NOT_SENT:
                    return self._taken_over(earlier, request)
                claim = replace(claim, replaces=earlier.command_id)
            else:
                return None
        raise IdempotencyKeyReused("idempotency_key is being used by another caller right now: try again")

    def _taken_over(self, earlier: CommandRecord, request: CommandRequest) -> CommandRecord:
        """A workflow that tries again waits under a new task token: resume that one."""
        while request.task_token and request.task_token != earlier.task_token:
            try:
                return self.commands.change(
                    earlier.command_id,
                    seen_state=earlier.state,
                    changes={"task_token": request.task_token},
                )
            except CommandMoved as moved:
                earlier = moved.record
        return earlier

    def _call(
        self, record: CommandRecord, url: str, body: JsonObject, request: CommandRequest, deadline: Deadline
    ) -> CommandRecord:
        try:
            answer = self.hub.call(
                "POST",
                url,
                body=body,
                to=request.to,
                quota_module=COMMANDS,
                max_wait_s=request.max_wait_s,
                correlation_id=record.correlation_id,
                deadline=deadline,
            )
        except HubError as error:
            told = f"{type(error).__name__}: {error}"
            if not _may_have_been_passed_on(error):
                advanced = self._advance(record, NotPassedOn(), {"error": told})
                if not advanced.changed and advanced.record.result:
                    return advanced.record  # the CPO's result is here already: it did get the command
                status = unreachable_status(self.parties, request.to)
                if status:
                    error.args = (f"{error} - the Hub's last word on {request.to} is {status}",)
                raise
            return self._note(record, {"error": told})
        response = answer.data if isinstance(answer.data, dict) else {}
        result = response.get("result")
        if not isinstance(result, str):
            return self._note(record, {"error": "MalformedAnswer: the Hub's answer is no CommandResponse"})
        now = self.now()
        times_out_at = now + timedelta(seconds=_timeout_s(response)) + GRACE
        if times_out_at < record.times_out_at and result.upper() == "ACCEPTED":
            self._wake_earlier(record.command_id, (times_out_at - now).total_seconds())
        return self._advance(
            record,
            Answered(result),
            {
                "response": dump_json(answer.without_tokens(response)),
                "answered_at": now,
                "times_out_at": times_out_at,
                "request_id": answer.request_id,
            },
        ).record

    def _wake_earlier(self, command_id: str, delay_s: float) -> None:
        """The wake-up that was queued first comes in any case, only later: no reason to fail now."""
        try:
            self.expiry.wake_after(command_id, delay_s)
        except StoreUnavailable as error:
            log.exception("the command's time limit is noticed late", error, command_id=command_id)

    def _advance(
        self, record: CommandRecord, event: Answered | NotPassedOn, changes: dict[str, str | datetime]
    ) -> Advanced:
        advanced = advance_command(
            self.commands,
            record.command_id,
            event,
            self.now(),
            expected=CommandState.PENDING,
            changes=changes,
        )
        if advanced.changed:
            return advanced
        changes.pop("times_out_at", None)
        return Advanced(self._note(advanced.record, changes), changed=False)

    def _note(self, record: CommandRecord, changes: dict[str, str | datetime]) -> CommandRecord:
        """Keep something beside the command, whatever state it is in by now."""
        while True:
            try:
                return self.commands.change(record.command_id, seen_state=record.state, changes=changes)
            except CommandMoved as moved:
                record = moved.record

    def _told(self, record: CommandRecord, request: CommandRequest) -> JsonObject:
        response = parse_json(record.response) if record.response else {}
        told: JsonObject = {
            "command_id": record.command_id,
            "state": record.state,
            "result": None,
            "timeout": UNANSWERED_TIMEOUT_S,
            "correlation_id": record.correlation_id,
        }
        if isinstance(response, dict) and response:
            told["result"] = response.get("result")
            told["timeout"] = _timeout_s(response)
            if response.get("message"):
                told["message"] = response["message"]
        if record.error:
            told["error"] = record.error
        status = unreachable_status(self.parties, request.to)
        if status:
            told["cpo_status"] = status
        return told


def _may_have_been_passed_on(error: HubError) -> bool:
    """Whether the command may have reached the CPO in spite of this error: then it must not be sent again."""
    if not isinstance(error, Refused) or error.http_status in (403, 405):
        return error.delivery is Delivery.UNKNOWN
    return error.status_code not in NOT_PASSED_ON


def _timeout_s(response: dict[str, JsonValue]) -> int:
    """CommandResponse.timeout in seconds, however it is written."""
    try:
        seconds = int(str(response.get("timeout")))
    except ValueError:
        return UNANSWERED_TIMEOUT_S
    return min(max(seconds, 0), LONGEST_TIMEOUT_S)


def _party(text: str) -> PartyId | None:
    """The party that CommandRecord.to names."""
    country_code, _, party_id = text.partition("*")
    return PartyId(country_code, party_id) if party_id else None


def _body(record: CommandRecord) -> dict[str, JsonValue]:
    body = parse_json(record.body)
    return body if isinstance(body, dict) else {}
