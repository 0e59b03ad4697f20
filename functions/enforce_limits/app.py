"""Compares running sessions with their limits, and stops those beyond them, on a schedule: `{}`.

Returns how many were near their limit, reached it, and were stopped.
"""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.build_cost_so_far import cost_so_far_of
from emsp.charges.enforce_limits import EnforceLimits
from emsp.commands.build_send_command import send_command_by
from emsp.deadline import Deadline, LambdaContext
from emsp.invocation import invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.commands import CommandStore
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
commands = CommandStore(dynamodb, settings.commands_table, settings.control_table, settings.command_kept_for)

enforce_limits = EnforceLimits(
    limited=LimitedCommands(dynamodb, settings.commands_table),
    commands=commands,
    sessions=SessionStore(dynamodb, settings.sessions_table, large_bodies),
    cost=cost_so_far_of(settings),
    send=lambda: send_command_by(settings),
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    payload_of(event)
    done = enforce_limits(datetime.now(UTC), Deadline.of_invocation(context))
    return {"done": {each.value: number for each, number in done.items()}}
