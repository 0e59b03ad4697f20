"""Tells how a command stands: `{"command_id"}`."""

from emsp import log
from emsp.get_command import get_command
from emsp.ocpi.json_text import JsonObject
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.commands import CommandStore

commands = CommandStore(dynamodb_client(), Settings().commands_table)


def handler(event: JsonObject, context: object) -> JsonObject:
    log.bind()
    return get_command(commands, event)
