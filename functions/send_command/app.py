"""Sends a command to a CPO.

The payload is `{"command": "START_SESSION", ...its OCPI object..., "token_uid"?, "to"?, "idempotency_key"?,
...}`.
"""

from typing import Any

from emsp.commands.build_send_command import send_command_by
from emsp.connection.connect_to_hub import prepare_for_hub
from emsp.deadline import LambdaContext
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import sqs_client

settings = Settings()
prepare_for_hub(settings)
sqs_client()


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    send_command = send_command_by(settings)
    return answer(send_command(payload_of(event), deadline_of(context)))
