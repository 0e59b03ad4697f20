"""Return the state of a command, for callers that poll."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import Field

from emsp.commands.states import CommandState, is_decided
from emsp.invocation import Payload, read_payload
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, parse_json
from emsp.ocpi.parties import PartyId
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from emsp.stores.table import time_text


class GetCommandRequest(Payload):
    """The payload of get_command."""

    command_id: Annotated[str, Field(min_length=1, max_length=64)]


def get_command(store: CommandStore, payload: JsonObject) -> JsonObject:
    """Return the command of `{"command_id"}`. Raises InvalidInvocation, UnknownCommand, StoreUnavailable."""
    return command_json(store.get(read_payload(GetCommandRequest, payload).command_id))


def command_json(record: CommandRecord) -> JsonObject:
    """Return a command as JSON: its state, the CPO's answer, the result and the times.

    Absent values are null. `response` is OCPI's CommandResponse, and `result` its CommandResult.
    `extra_results` are late or repeated results. `request` is the OCPI object as it was sent.
    """
    return {
        "command_id": record.command_id,
        "command": record.command,
        "state": record.state,
        "decided": is_decided(CommandState(record.state)),
        "to": asdict(to) if (to := PartyId.named(record.to)) else None,
        "request": _json(record.body),
        "response": _json(record.response),
        "result": _json(record.result),
        "extra_results": [_json(each) for each in record.extra_results],
        "extra_result_count": record.extra_result_count,
        "check": record.check or None,
        "error": record.error or None,
        "session": {"id": record.session_id, "object_key": record.session_key, "linked_by": record.linked_by}
        if record.session_id
        else None,
        "created_at": time_text(record.created_at),
        "times_out_at": time_text(record.times_out_at),
        "answered_at": _time(record.answered_at),
        "decided_at": _time(record.decided_at),
        "correlation_id": record.correlation_id,
        "request_id": record.request_id or None,
        "idempotency_key": record.idempotency_key or None,
        "limit": _json(record.limit),
        "stop_if_late": bool(record.stop_if_late),
        "limit_near": _near(record),
        "limit_reached": _json(record.limit_reached),
        "stop_command_id": record.stop_command_id or None,
    }


def _near(record: CommandRecord) -> JsonValue:
    """Return the quantities that are near their limit.

    A quantity has `at_most` if it exceeds the limit by one field of the session, but not by another.
    """
    noted = [_json(text) for text in (record.limit_contradicted, record.limit_near) if text]
    near: JsonObject = {}
    for each in noted:
        near |= as_object(each)
    return near or None


def _json(text: str) -> JsonValue:
    return parse_json(text) if text else None


def _time(moment: datetime | None) -> str | None:
    return time_text(moment) if moment else None
