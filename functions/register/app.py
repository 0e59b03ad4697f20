"""Exchanges credentials with the Hub: `{"action": "register", "versions_url", "token"}`.

The other actions are rotate, verify, invite, revoke and status.
"""

from functools import partial
from typing import Any

from emsp.connection.connect_to_hub import prepare_for_hub
from emsp.connection.our_party import OurParty
from emsp.connection.register import Register
from emsp.deadline import LambdaContext
from emsp.hub.client import HubClient
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, secretsmanager_client
from emsp.stores.credentials_mark import CredentialsMark
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens

settings = Settings()
prepare_for_hub(settings)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    us = settings.our_party
    mark = CredentialsMark(dynamodb_client(), settings.control_table)
    register = Register(
        us=OurParty(us, settings.our_business_name, settings.our_website),
        hub=HubCredentialsStore(secretsmanager_client(), settings.hub_secret_id, mark),
        inbound=InboundTokens(dynamodb_client(), settings.control_table),
        base_url=settings.public_base_url,
        overlap=settings.token_overlap,
        allow_http_hub=settings.allow_http_hub,
        connect=partial(HubClient, our_party=us),
    )
    return answer(register(payload_of(event), deadline_of(context)))
