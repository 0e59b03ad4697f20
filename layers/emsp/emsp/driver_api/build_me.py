"""Add GET /me to the API for drivers."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.driver_api.me_routes import Tokens, add_me
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client
from emsp.stores.forgotten_tokens import ForgottenTokens


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    dynamodb, table = dynamodb_client(), settings.control_table
    add_me(resolver, Tokens(AuthorizedTokens(dynamodb, table), ForgottenTokens(dynamodb, table)))
