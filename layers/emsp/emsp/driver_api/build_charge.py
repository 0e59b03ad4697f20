"""Add the routes of one charge to the API for drivers."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.driver_api.build_view import viewing
from emsp.driver_api.charge_routes import add_charge
from emsp.settings import Settings


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    add_charge(resolver, viewing(settings))
