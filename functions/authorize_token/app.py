"""Asks the Hub whether a token may charge: `{"token_uid", "location_id"?, "evse_uids"?, "to"?, ...}`."""

from typing import Any

from emsp import log
from emsp.connection.hub_connection import connect_to_hub
from emsp.invocation import LambdaContext, answer, deadline_of, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, secretsmanager_client
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.authorize_token import AuthorizeToken

settings = Settings()
dynamodb_client()
secretsmanager_client()


def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    log.bind()
    authorize_token = AuthorizeToken(
        connect_to_hub(settings),
        OwnerStore(dynamodb_client(), settings.locations_table),
        PartyStore(dynamodb_client(), settings.control_table),
    )
    return answer(authorize_token(payload_of(event), deadline_of(context)))
