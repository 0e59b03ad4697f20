"""GET, POST, PUT and DELETE /ocpi/2.2.1/credentials: the Hub exchanges credentials."""

from functools import partial

from emsp.connection.our_party import OurParty
from emsp.connection.receive_credentials import HubCallsCredentials
from emsp.deadline import LambdaContext
from emsp.hub.client import HubClient
from emsp.receiver.authentication import Authentication
from emsp.receiver.entry import ApiGatewayAnswer, ApiGatewayEvent, answer_request
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, secretsmanager_client
from emsp.stores.credentials_mark import CredentialsMark
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.time_left import begin_invocation

settings = Settings()
us = settings.our_party
tokens = InboundTokens(dynamodb_client(), settings.control_table)
mark = CredentialsMark(dynamodb_client(), settings.control_table)
authentication = Authentication(tokens.read, cache_seconds=0)
credentials = HubCallsCredentials(
    us=OurParty(us, settings.our_business_name, settings.our_website),
    hub=HubCredentialsStore(secretsmanager_client(), settings.hub_secret_id, mark),
    inbound=tokens,
    overlap=settings.token_overlap,
    allow_http_hub=settings.allow_http_hub,
    connect=partial(HubClient, our_party=us),
    tokens_changed=authentication.forget,
)
OPERATIONS = {
    "GET": credentials.get,
    "POST": credentials.post,
    "PUT": credentials.put,
    "DELETE": credentials.delete,
}


def handler(event: ApiGatewayEvent, context: LambdaContext) -> ApiGatewayAnswer:
    begin_invocation(context)
    return answer_request(event, authentication, OPERATIONS, settings.optional_public_base_url)
