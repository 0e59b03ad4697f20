"""Returns the state of a command, and the cost so far of its session: `{"command_id"}`."""

from functools import cache
from typing import TYPE_CHECKING, Any

from emsp.commands.get_command import get_command
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.commands import CommandStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

if TYPE_CHECKING:
    from emsp.charges.cost_of_session import CostOfSession

settings = Settings()
commands = CommandStore(dynamodb_client(), settings.commands_table)


@cache
def cost_of_session() -> "CostOfSession":
    # Callers poll before the session has arrived. There is nothing to price before that.
    from emsp.charges.build_cost_so_far import cost_so_far_of  # noqa: PLC0415
    from emsp.charges.cost_of_session import CostOfSession  # noqa: PLC0415

    large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
    sessions = SessionStore(dynamodb_client(), settings.sessions_table, large_bodies)
    return CostOfSession(sessions, cost_so_far_of(settings))


@invocation_handler
def handler(event: object, context: object) -> dict[str, Any]:
    found = get_command(commands, payload_of(event))
    session = found["session"]
    cost = cost_of_session()(str(session["object_key"])) if isinstance(session, dict) else None
    return answer({**found, "cost_so_far": cost})
