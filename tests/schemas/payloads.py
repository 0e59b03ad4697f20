"""What each function that our own services invoke takes: the very models that the functions read with."""

from typing import Any, Final

from pydantic import BaseModel

from emsp.catalogue.location_query import LocationQuery
from emsp.catalogue.pull_catalogue import PullRequest
from emsp.charges.check_cdr import CheckAsked
from emsp.charges.estimate_price import PriceAsked
from emsp.charges.find_charges import ChargesAsked
from emsp.commands.get_command import CommandAsked
from emsp.commands.read_request import EARLIER_COMMAND, FOR_START_SESSION, MODELS, Control
from emsp.connection.check_readiness import ReadinessAsked
from emsp.connection.find_parties import PartiesAsked
from emsp.connection.register import Registration
from emsp.drivers.forget_driver import DriverAsked
from emsp.misuse.list_misuse import MisuseAsked
from emsp.ocpi.commands import CommandType
from emsp.ocpi.identity import ID_CHARACTERS_AT_MOST, is_id
from emsp.pushes.dismiss_rejected import DismissedPush
from emsp.pushes.list_rejected import RejectedQuestion
from emsp.pushes.replay_rejected import Replay
from emsp.retail.assign_price_plan import PlanAssigned
from emsp.retail.get_price_plan import PlanAsked, PlansAsked
from emsp.retail.put_price_plan import PlanGiven
from emsp.settlement.answer_dispute import DisputeAnswered
from emsp.settlement.driver_statement import StatementAsked
from emsp.settlement.get_dispute import DisputeAsked
from emsp.settlement.list_disputes import DisputesAsked
from emsp.settlement.settle import SettleAsked
from emsp.tokens.authorize_token import AuthorizationRequest
from tests.schemas.json_schema import json_schema

PAYLOADS: Final[dict[str, type[BaseModel]]] = {
    "answer_dispute": DisputeAnswered,
    "assign_price_plan": PlanAssigned,
    "authorize_token": AuthorizationRequest,
    "check_cdr": CheckAsked,
    "check_readiness": ReadinessAsked,
    "dismiss_rejected": DismissedPush,
    "find_charges": ChargesAsked,
    "estimate_price": PriceAsked,
    "find_locations": LocationQuery,
    "find_parties": PartiesAsked,
    "forget_driver": DriverAsked,
    "get_command": CommandAsked,
    "get_dispute": DisputeAsked,
    "list_disputes": DisputesAsked,
    "get_price_plan": PlanAsked,
    "list_price_plans": PlansAsked,
    "driver_statement": StatementAsked,
    "list_misuse": MisuseAsked,
    "list_rejected": RejectedQuestion,
    "pull_locations": PullRequest,
    "pull_tariffs": PullRequest,
    "put_price_plan": PlanGiven,
    "register": Registration,
    "replay_rejected": Replay,
    "settle": SettleAsked,
}
NO_FIELDS: Final = ("check_hub", "enforce_limits", "redrive_changes", "watch_charges")
"""Functions that read nothing of their payload."""
SET_BY_REMOTE_START: Final = {
    *("command", "max_wait_s", "idempotency_key", "task_token", "authorization_reference"),
}


def payload_schemas() -> dict[str, dict[str, Any]]:
    """For each function the JSON Schema of its payload."""
    schemas = {name: json_schema(model) for name, model in PAYLOADS.items()}
    schemas |= {name: {"title": "Nothing", "type": "object"} for name in NO_FIELDS}
    commands = [_command(command) for command in CommandType]
    definitions = {name: schema for command in commands for name, schema in command.pop("$defs").items()}
    return schemas | {"send_command": {"title": "Command", "oneOf": commands, "$defs": definitions}}


def remote_start() -> dict[str, Any]:
    """The JSON Schema of RemoteStart's input: of START_SESSION, but for what RemoteStart sets itself, and
    with the `type` of the token that it has authorized.
    """
    start = _command(CommandType.START_SESSION)
    authorization = json_schema(AuthorizationRequest)
    fields = start["properties"] | {"type": authorization["properties"]["type"]}
    return start | {
        "title": "RemoteStart",
        "description": "The payload of send_command, without what RemoteStart sets itself.",
        "properties": {name: schema for name, schema in fields.items() if name not in SET_BY_REMOTE_START},
        "required": [name for name in start["required"] if name not in SET_BY_REMOTE_START],
        "$defs": start["$defs"] | authorization.get("$defs", {}),
    }


def _set_longest(schema: dict[str, Any]) -> None:
    """Of an id: what is sent may be as long as what is accepted."""
    for each in [schema, *schema.get("anyOf", [])]:
        if "maxLength" in each:
            each["maxLength"] = ID_CHARACTERS_AT_MOST


def _command(command: CommandType) -> dict[str, Any]:
    """The fields of Control, and those of the command's OCPI object, of which our tables may know some."""
    control, ocpi = json_schema(Control), json_schema(MODELS[command])
    for name, schema in ocpi["properties"].items():
        if is_id(name):
            _set_longest(schema)
    fields: dict[str, Any] = control["properties"] | ocpi["properties"]
    required = {"command", *ocpi.get("required", [])} - {
        "response_url",
        "token",
        EARLIER_COMMAND.get(command),
    }
    not_for_it = {"response_url"}
    if "token" in fields:
        fields["token"] = json_schema(AuthorizationRequest)["properties"]["token"]
    else:
        not_for_it.add("token_uid")
    if command is not CommandType.START_SESSION:
        not_for_it |= FOR_START_SESSION
    if command not in EARLIER_COMMAND:
        not_for_it.add("command_id")
    fields["command"] = {"const": command.value}
    return {
        "title": "".join(word.capitalize() for word in command.split("_")),
        "description": ocpi.get("description", ""),
        "type": "object",
        "properties": {name: schema for name, schema in fields.items() if name not in not_for_it},
        "required": sorted(required),
        "additionalProperties": False,
        "$defs": control.get("$defs", {}) | ocpi.get("$defs", {}),
    }
