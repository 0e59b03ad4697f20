"""Holds sessions against their limits, and stops what is over, on a schedule: `{}`. Answers how many were
near, reached theirs, and were stopped.
"""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.enforce_limits import EnforceLimits
from emsp.charges.wiring import surroundings_of
from emsp.commands.send_command import SendCommand
from emsp.connection.hub_connection import connect_to_hub
from emsp.invocation import LambdaContext, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.ocpi.parties import PartyId
from emsp.pricing.rules import PricingRules
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client, s3_client, sqs_client
from emsp.stores.commands import CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies
from emsp.tokens.forms import Issuer

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
commands = CommandStore(dynamodb, settings.commands_table, settings.control_table, settings.command_kept_for)


def send_command() -> SendCommand:
    return SendCommand(
        hub=connect_to_hub(settings),
        commands=commands,
        expiry=ExpiryQueue(sqs_client(), settings.expire_command_queue_url),
        sessions=OwnerStore(dynamodb, settings.sessions_table),
        locations=OwnerStore(dynamodb, settings.locations_table),
        parties=PartyStore(dynamodb, settings.control_table),
        tokens=AuthorizedTokens(dynamodb, settings.control_table),
        issuer=Issuer(PartyId(settings.our_country_code, settings.our_party_id), settings.our_business_name),
        public_base_url=settings.public_base_url,
    )


enforce_limits = EnforceLimits(
    limited=LimitedCommands(dynamodb, settings.commands_table),
    commands=commands,
    sessions=SessionStore(dynamodb, settings.sessions_table, large_bodies),
    cost=CostSoFar(
        surroundings_of(settings, dynamodb, large_bodies),
        PricingRules(vat_when_absent=settings.gst_percent),
    ),
    send=send_command,
)


@errors_with_data
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    payload_of(event)
    done = enforce_limits(datetime.now(UTC), lambda: context.get_remaining_time_in_millis() / 1000)
    return {"done": {each.value: number for each, number in done.items()}}
