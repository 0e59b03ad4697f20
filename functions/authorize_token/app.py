"""Asks the Hub whether a token may charge: `{"token_uid" or "token", "location_id"?, "evse_uids"?, ...}`."""

from typing import Any

from emsp.connection.connect_to_hub import connect_to_hub, prepare_for_hub
from emsp.deadline import LambdaContext
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.tokens.authorize_token import AuthorizeToken
from emsp.tokens.complete_token import Issuer

settings = Settings()
prepare_for_hub(settings)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    authorize_token = AuthorizeToken(
        connect_to_hub(settings),
        OwnerStore(dynamodb_client(), settings.locations_table),
        PartyStore(dynamodb_client(), settings.control_table),
        AuthorizedTokens(dynamodb_client(), settings.control_table),
        Issuer(settings.our_party, settings.our_business_name),
    )
    return answer(authorize_token(payload_of(event), deadline_of(context)))
