"""Sends a command to a CPO: `{"command": "START_SESSION", ...its OCPI object..., "token_uid"?, "to"?,
"idempotency_key"?, ...}`.
"""

from typing import Any

from emsp.commands.send_command import SendCommand
from emsp.connection.hub_connection import connect_to_hub
from emsp.invocation import LambdaContext, answer, deadline_of, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.ocpi.parties import PartyId
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client, secretsmanager_client, sqs_client
from emsp.stores.commands import CommandStore
from emsp.stores.expiry_queue import ExpiryQueue
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.forms import Issuer

settings = Settings()
dynamodb_client()
secretsmanager_client()
sqs_client()


@errors_with_data
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    send_command = SendCommand(
        hub=connect_to_hub(settings),
        commands=CommandStore(
            dynamodb_client(), settings.commands_table, settings.control_table, settings.command_kept_for
        ),
        expiry=ExpiryQueue(sqs_client(), settings.expire_command_queue_url),
        sessions=OwnerStore(dynamodb_client(), settings.sessions_table),
        locations=OwnerStore(dynamodb_client(), settings.locations_table),
        parties=PartyStore(dynamodb_client(), settings.control_table),
        tokens=AuthorizedTokens(dynamodb_client(), settings.control_table),
        issuer=Issuer(PartyId(settings.our_country_code, settings.our_party_id), settings.our_business_name),
        public_base_url=settings.public_base_url,
    )
    return answer(send_command(payload_of(event), deadline_of(context)))
