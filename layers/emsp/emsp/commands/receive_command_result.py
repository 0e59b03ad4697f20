"""Receive the result of a command at its response_url (OCPI 2.2.1, mod_commands, Sender Interface)."""

from dataclasses import dataclass

from emsp.commands.advance import advance_command
from emsp.commands.states import Resulted
from emsp.log import log
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.parties import PartyId
from emsp.receiver.errors import InvalidPush, UnknownObject
from emsp.receiver.request import Answer, Request
from emsp.receiver.sender import check_sender
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore, UnknownCommand

RESULT_BYTES_AT_MOST = 8_000
"""The largest CommandResult, in bytes. The item of a command must have space for twenty."""
COMMAND_ID_CHARACTERS_AT_MOST = 200


@dataclass(frozen=True)
class ReceiveCommandResult:
    """The operation on `/commands/{command}/{command_id}`."""

    store: CommandStore

    def post(self, request: Request) -> Answer:
        """Apply the result to the command. If the command is already decided, store the result beside the
        outcome.

        The result may also be in the `data` of an envelope. Raises UnknownObject if we sent no such command,
        InvalidPush for an invalid result or one of another CPO, MalformedBody, and StoreUnavailable.
        """
        sent = request.json_object()
        value = _unwrapped(sent)
        result = value.get("result")
        if not isinstance(result, str) or not result:
            raise InvalidPush("result: is missing or not a string")
        if len(request.body) > RESULT_BYTES_AT_MOST:
            raise InvalidPush(
                f"a CommandResult of {len(request.body)} bytes is too large: at most {RESULT_BYTES_AT_MOST}"
            )
        command_id = request.path_parameters["command_id"]
        if len(command_id) > COMMAND_ID_CHARACTERS_AT_MOST:
            raise UnknownObject("there is no command at this response_url")
        text = request.text() if value is sent else dump_json(value)
        try:
            record = self.store.get(command_id)
            _check_whose(request, record)
            advanced = advance_command(
                self.store,
                command_id,
                Resulted(result),
                request.received_at,
                changes={"result": text},
                seen=record,
            )
            if not advanced.changed:
                log.info(
                    "this result does not change the command",
                    command_id=command_id,
                    state=advanced.record.state,
                )
                received_at = request.received_at.isoformat()
                self.store.keep_extra_result(
                    command_id, dump_json({"received_at": received_at, "result": value})
                )
        except UnknownCommand as error:
            raise UnknownObject("there is no command at this response_url") from error
        return Answer(outcome="decided" if advanced.changed else "noted")


def _check_whose(request: Request, record: CommandRecord) -> None:
    """Raise UnknownObject if the path names another command, and InvalidPush if another CPO sent the result.

    If the Hub chose the CPO of the command, we do not know it, and accept any.
    """
    if request.path_parameters["command"].upper() != record.command:
        raise UnknownObject("there is no command at this response_url")
    to = PartyId.named(record.to)
    if to is not None:
        check_sender(request, to)


def _unwrapped(value: JsonObject) -> JsonObject:
    """Return the CommandResult, which may be in the `data` of an envelope."""
    data = value.get("data")
    if value.get("result") is None and isinstance(data, dict) and "result" in data:
        return data
    return value
