"""Send a stored command to its CPO through the Hub, once, and store the outcome."""

import time
from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from emsp.commands.advance import Advanced, advance_command
from emsp.commands.evse_not_available import EvseNotAvailable
from emsp.commands.read_request import CommandRequest
from emsp.commands.result_timeout import GRACE, timeout_s
from emsp.commands.states import Answered, CommandState, NotPassedOn
from emsp.connection.connect_to_hub import COMMANDS
from emsp.connection.routing import unreachable_status
from emsp.deadline import Deadline
from emsp.hub.answers import HubAnswer
from emsp.hub.client import HubClient
from emsp.hub.errors import Delivery, HubError, Refused
from emsp.hub.request import HubRequest
from emsp.log import log
from emsp.ocpi.json_text import JsonObject, as_object, dump_json
from emsp.ocpi.status_codes import StatusCode
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandChanged, CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.parties import PartyStore
from emsp.stores.table import StoreUnavailable
from emsp.timeouts import ANSWER_KEPT

NOT_PASSED_ON: Final = frozenset(
    {
        StatusCode.INVALID_PARAMETERS,
        StatusCode.NOT_ENOUGH_INFORMATION,
        StatusCode.UNKNOWN_LOCATION,
        StatusCode.UNKNOWN_TOKEN,
    }
)
"""The status codes of refusals that come from the Hub itself.

The generic 2000 is not included: it can also mean that the CPO did not answer in time, and may have received
the command.
"""


class CallCpo(NamedTuple):
    """Sends a command, and changes its state."""

    hub: HubClient
    commands: CommandStore
    expiry: ExpiryQueue
    parties: PartyStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(
        self, record: CommandRecord, url: str, body: JsonObject, request: CommandRequest, deadline: Deadline
    ) -> CommandRecord:
        """Send the command, and return its record.

        If the command certainly did not reach the CPO, this raises EvseNotAvailable or an error of
        emsp.hub.errors. Before the call it may raise StoreUnavailable. If a write fails after the call, the
        returned command is PENDING and its `error` says so: an exception would make the caller send the
        command again.
        """
        if request.check:
            record = self._checked(record, request, deadline)
        try:
            answer = self.hub.call(
                HubRequest(
                    "POST",
                    url,
                    body=body,
                    to=request.to,
                    quota_module=COMMANDS,
                    max_wait_s=request.max_wait_s,
                    correlation_id=record.correlation_id,
                    deadline=deadline,
                    token_uid=_token_uid(body),
                )
            )
        except HubError as error:
            return self._failed(record, request, deadline, error)
        return self._answered(record, deadline, answer)

    def _failed(
        self, record: CommandRecord, request: CommandRequest, deadline: Deadline, error: HubError
    ) -> CommandRecord:
        """Store that the call failed. Raises the error if the command certainly did not reach the CPO."""
        problem = f"{type(error).__name__}: {error}"
        if _may_have_been_passed_on(error):
            return self._kept(record, deadline, problem, lambda: self._note(record, {"error": problem}))
        after = self._kept(
            record,
            deadline,
            problem,
            lambda: self._advance(record, NotPassedOn(), {"error": problem}).record,
        )
        if after.result:
            return after  # The CPO's result has arrived, so the CPO received the command.
        status = unreachable_status(self.parties, request.to)
        if status:
            error.args = (f"{error} - the Hub last reported {request.to} as {status}",)
        raise error

    def _answered(self, record: CommandRecord, deadline: Deadline, answer: HubAnswer) -> CommandRecord:
        """Store the CPO's answer. It says how long the CPO may take for the result."""
        response = as_object(answer.data)
        result = response.get("result")
        if not isinstance(result, str):
            problem = "MalformedAnswer: the Hub's answer is no CommandResponse"
            return self._kept(record, deadline, problem, lambda: self._note(record, {"error": problem}))
        now = self.now()
        times_out_at = now + timedelta(seconds=timeout_s(response)) + GRACE
        if times_out_at < record.times_out_at and result.upper() == "ACCEPTED":
            self._wake_earlier(record.command_id, (times_out_at - now).total_seconds())
        changes: dict[str, str | datetime] = {
            "response": dump_json(answer.without_tokens(response)),
            "answered_at": now,
            "times_out_at": times_out_at,
            "request_id": answer.request_id,
        }
        return self._kept(
            record,
            deadline,
            f"the CPO answered {result[:40]}",
            lambda: self._advance(record, Answered(result), dict(changes)).record,
        )

    def _kept(
        self, record: CommandRecord, deadline: Deadline, outcome: str, write: Callable[[], CommandRecord]
    ) -> CommandRecord:
        """Return what `write` returns. Retry it while there is time.

        If it fails at each try, return the command as PENDING, with the `outcome` of the call and the reason
        in `error`.
        """
        for tried in range(1, ANSWER_KEPT.tries + 1):
            try:
                return write()
            except StoreUnavailable:
                log.exception("the outcome of a command could not be stored", command_id=record.command_id)
            if tried < ANSWER_KEPT.tries:
                time.sleep(min(ANSWER_KEPT.pause_after(tried), deadline.remaining()))
        error = f"NotStored: {outcome}; its result or a TIMEOUT follows, so do not send it again"
        return replace(record, error=error)

    def _checked(self, record: CommandRecord, request: CommandRequest, deadline: Deadline) -> CommandRecord:
        """Check the EVSE if the request asks for it. Return the command with the result of the check.

        Raises EvseNotAvailable. The record is stored first: if a driver taps twice, the second tap finds the
        first command, and not an EVSE that the first one occupies.
        """
        # Imported here, because few commands need it, and the models of locations cost a cold start 10 ms.
        from emsp.commands.check_evse import CheckEvse  # noqa: PLC0415

        try:
            found = CheckEvse(self.hub)(request, deadline)
        except EvseNotAvailable as error:
            self._advance(record, NotPassedOn(), {"error": f"{type(error).__name__}: {error}"})
            raise
        return self._note(record, {"check": found})

    def _wake_earlier(self, command_id: str, delay_s: float) -> None:
        """Queue an earlier wake-up of expire_command.

        A failure is only logged, because the first wake-up will come.
        """
        try:
            self.expiry.wake_after(command_id, delay_s)
        except StoreUnavailable:
            log.exception("the command will time out later than it should", command_id=command_id)

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
        """Set attributes of the command, in any state, and return it."""
        while True:
            try:
                return self.commands.change(record.command_id, seen_state=record.state, changes=changes)
            except CommandChanged as changed:
                record = changed.record


def _token_uid(body: JsonObject) -> str | None:
    token = body.get("token")
    uid = as_object(token).get("uid")
    return uid if isinstance(uid, str) else None


def _may_have_been_passed_on(error: HubError) -> bool:
    """Whether the command may have reached the CPO in spite of this error. Then it must not be sent again.

    A refusal without an OCPI envelope comes from a gateway in front of the Hub, so it did not.
    """
    if not isinstance(error, Refused) or error.http_status in (403, 405) or error.status_code is None:
        return error.delivery is Delivery.UNKNOWN
    return error.status_code not in NOT_PASSED_ON
