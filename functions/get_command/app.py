"""Returns the state of a command: `{"command_id"}`."""

from typing import Any

from emsp.commands.get_command import get_command
from emsp.invocation import answer, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.commands import CommandStore

commands = CommandStore(dynamodb_client(), Settings().commands_table)


@errors_with_data
def handler(event: object, context: object) -> dict[str, Any]:
    new_invocation()
    return answer(get_command(commands, payload_of(event)))
