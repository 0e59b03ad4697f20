"""Send a command to a CPO: store the record, call the Hub, store the outcome.

Every command gets an outcome, even if the function crashes at any point: the wake-up of expire_command is
queued before the record is stored, and the record is stored before the Hub is called. The Hub is called at
most once for a record.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from emsp.commands.call_cpo import CallCpo
from emsp.commands.complete_request import CompleteRequest
from emsp.commands.idempotency_key import StoreOnce
from emsp.commands.read_request import CommandRequest, check_object, read_request
from emsp.commands.result_timeout import GRACE, UNANSWERED_TIMEOUT_S, timeout_s
from emsp.commands.states import CommandState
from emsp.connection.routing import read_status
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.log import new_invocation
from emsp.ocpi.json_text import JsonObject, dump_json, parse_json
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.complete_token import Issuer


class SendCommand(NamedTuple):
    """Sends commands."""

    hub: HubClient
    commands: CommandStore
    expiry: ExpiryQueue
    sessions: OwnerStore
    locations: OwnerStore
    parties: PartyStore
    tokens: AuthorizedTokens
    issuer: Issuer
    public_base_url: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject, deadline: Deadline) -> JsonObject:
        """Return `{"command_id", "state", "result", "timeout", "message"?, "check"?, "cpo_status"?}`.

        `timeout` is in seconds. `state` is

        - SENT if the CPO accepted; its result follows;
        - REJECTED, NOT_SUPPORTED or UNKNOWN_SESSION if it did not;
        - PENDING with `error` if nobody knows whether the command reached the CPO; the result or a TIMEOUT
          follows.

        Raises InvalidInvocation, IdempotencyKeyReused, NoSessionYet and EvseNotAvailable. Raises an error of
        emsp.hub.errors if the command was certainly not passed on, so that it is safe to try again.
        """
        request = read_request(payload)
        new_invocation(correlation_id=request.correlation_id)
        request = CompleteRequest(
            self.commands, self.sessions, self.locations, self.tokens, self.issuer, self.now
        )(request)
        command_id = str(uuid4())
        new_invocation(command_id=command_id, correlation_id=request.correlation_id)
        response_url = f"{self.public_base_url}/ocpi/2.2.1/commands/{request.command}/{command_id}"
        body: JsonObject = {"response_url": response_url, **request.ocpi_object}
        check_object(request.command, body, self.hub.our_party, self.now())
        url = self.hub.endpoint("commands", "RECEIVER", request.command.value)
        record = self._record(command_id, request, body, deadline)
        self.expiry.wake_after(command_id, (record.times_out_at - record.created_at).total_seconds())
        earlier = StoreOnce(self.commands)(record, request)
        cpo_status = read_status(self.parties, request.to)
        if earlier is not None:
            return _answer(earlier, cpo_status())
        call = CallCpo(self.hub, self.commands, self.expiry, self.parties, self.now)
        return _answer(call(record, url, body, request, deadline), cpo_status())

    def _record(
        self, command_id: str, request: CommandRequest, body: JsonObject, deadline: Deadline
    ) -> CommandRecord:
        now = self.now()
        return CommandRecord(
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
            authorization_reference=request.field("authorization_reference").upper(),
            reservation_id=request.field("reservation_id").upper(),
            task_token=request.task_token or "",
            idempotency_key=request.idempotency_key or "",
            limit=request.limit.as_text() if request.limit else "",
            stop_if_late="true" if request.stop_if_late else "",
        )


def _answer(record: CommandRecord, cpo_status: str | None) -> JsonObject:
    response = parse_json(record.response) if record.response else {}
    answer: JsonObject = {
        "command_id": record.command_id,
        "state": record.state,
        "result": None,
        "timeout": UNANSWERED_TIMEOUT_S,
        "correlation_id": record.correlation_id,
    }
    if isinstance(response, dict) and response:
        answer["result"] = response.get("result")
        answer["timeout"] = timeout_s(response)
        if response.get("message"):
            answer["message"] = response["message"]
    if record.check:
        answer["check"] = record.check
    if record.error:
        answer["error"] = record.error
    if cpo_status:
        answer["cpo_status"] = cpo_status
    return answer
