"""Add the list of charges to the API for drivers."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.driver_api.build_view import viewing
from emsp.driver_api.history import History
from emsp.driver_api.history_routes import add_history
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.charge_indexes import ChargeIndexes


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    uses = viewing(settings)
    indexes = ChargeIndexes(
        dynamodb_client(), settings.sessions_table, settings.cdrs_table, settings.commands_table
    )
    add_history(resolver, History(indexes, uses.own), uses.view)
