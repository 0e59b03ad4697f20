"""Add the route that starts a charge to the API for drivers. The Hub client is created at the first call."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.commands.build_send_command import send_command_by
from emsp.driver_api.build_admission import admission
from emsp.driver_api.build_view import viewing
from emsp.driver_api.start_charge import StartCharge
from emsp.driver_api.start_routes import add_start
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import LargeBodies
from emsp.tokens.build_authorize_token import authorize_token_by


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    add_start(resolver, start_charge_by(settings), viewing(settings))


def start_charge_by(settings: Settings) -> StartCharge:
    """Return a StartCharge, which also makes reservations."""
    large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
    locations = CatalogueTable(dynamodb_client(), settings.locations_table, large_bodies)

    def knows(location_key: str) -> bool:
        found = locations.read(location_key)
        return found is not None and found.removed_at is None

    return StartCharge(
        viewing(settings).own.gather.commands,
        lambda: authorize_token_by(settings),
        lambda: send_command_by(settings),
        admission(settings),
        knows,
    )
