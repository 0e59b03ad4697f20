"""What each function that our own services invoke takes: the very models that the functions read with."""

from typing import Any, Final

from pydantic import BaseModel

from emsp.catalogue.find_locations_request import FindLocationsRequest
from emsp.catalogue.pull_catalogue import PullCatalogueRequest
from emsp.charges.check_cdr import CheckCdrRequest
from emsp.charges.estimate_price import EstimatePriceRequest
from emsp.charges.find_charges import FindChargesRequest
from emsp.commands.get_command import GetCommandRequest
from emsp.commands.read_request import EARLIER_COMMAND, FOR_START_SESSION, MODELS, Control
from emsp.connection.check_readiness import CheckReadinessRequest
from emsp.connection.find_parties import FindPartiesRequest
from emsp.connection.register import RegisterRequest
from emsp.drivers.forget_driver import ForgetDriverRequest
from emsp.misuse.list_misuse import ListMisuseRequest
from emsp.ocpi.commands import CommandType
from emsp.ocpi.ids import ID_CHARACTERS_AT_MOST, is_id
from emsp.pushes.dismiss_rejected import DismissRejectedRequest
from emsp.pushes.list_rejected import ListRejectedRequest
from emsp.pushes.replay_rejected import ReplayRejectedRequest
from emsp.retail.assign_price_plan import AssignPricePlanRequest
from emsp.retail.get_price_plan import GetPricePlanRequest, ListPricePlansRequest
from emsp.retail.put_price_plan import PutPricePlanRequest
from emsp.settlement.answer_dispute import AnswerDisputeRequest
from emsp.settlement.driver_statement import DriverStatementRequest
from emsp.settlement.get_dispute import GetDisputeRequest
from emsp.settlement.list_disputes import ListDisputesRequest
from emsp.settlement.settle import SettleRequest
from emsp.tokens.authorize_token import AuthorizationRequest
from tests.schemas.json_schema import json_schema

PAYLOADS: Final[dict[str, type[BaseModel]]] = {
    "answer_dispute": AnswerDisputeRequest,
    "assign_price_plan": AssignPricePlanRequest,
    "authorize_token": AuthorizationRequest,
    "check_cdr": CheckCdrRequest,
    "check_readiness": CheckReadinessRequest,
    "dismiss_rejected": DismissRejectedRequest,
    "find_charges": FindChargesRequest,
    "estimate_price": EstimatePriceRequest,
    "find_locations": FindLocationsRequest,
    "find_parties": FindPartiesRequest,
    "forget_driver": ForgetDriverRequest,
    "get_command": GetCommandRequest,
    "get_dispute": GetDisputeRequest,
    "list_disputes": ListDisputesRequest,
    "get_price_plan": GetPricePlanRequest,
    "list_price_plans": ListPricePlansRequest,
    "driver_statement": DriverStatementRequest,
    "list_misuse": ListMisuseRequest,
    "list_rejected": ListRejectedRequest,
    "pull_locations": PullCatalogueRequest,
    "pull_tariffs": PullCatalogueRequest,
    "put_price_plan": PutPricePlanRequest,
    "register": RegisterRequest,
    "replay_rejected": ReplayRejectedRequest,
    "settle": SettleRequest,
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
