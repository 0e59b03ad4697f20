"""Compares sessions with their limits, and stops those over a limit, on a schedule: `{}`.

Returns how many were near their limit, reached it, and were stopped.
"""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.build_surroundings import surroundings_of
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.enforce_limits import EnforceLimits
from emsp.charges.plan_of_session import PlanOfSession
from emsp.commands.build_send_command import send_command_by
from emsp.invocation import LambdaContext, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.ocpi.parties import PartyId
from emsp.pricing.rules import PricingRules
from emsp.retail.build_whose_plan import whose_plan_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.commands import CommandStore
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

settings = Settings()
our_party = PartyId(settings.our_country_code, settings.our_party_id)
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
commands = CommandStore(dynamodb, settings.commands_table, settings.control_table, settings.command_kept_for)


enforce_limits = EnforceLimits(
    limited=LimitedCommands(dynamodb, settings.commands_table),
    commands=commands,
    sessions=SessionStore(dynamodb, settings.sessions_table, large_bodies),
    cost=CostSoFar(
        surroundings_of(settings, dynamodb, large_bodies),
        PricingRules(vat_when_absent=settings.gst_percent),
        PlanOfSession(whose_plan_of(settings, dynamodb, large_bodies), our_party),
    ),
    send=lambda: send_command_by(settings),
)


@errors_with_data
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    payload_of(event)
    done = enforce_limits(datetime.now(UTC), lambda: context.get_remaining_time_in_millis() / 1000)
    return {"done": {each.value: number for each, number in done.items()}}
