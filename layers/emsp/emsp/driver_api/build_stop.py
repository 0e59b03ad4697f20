"""Add the route that stops a charge to the API for drivers."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.commands.build_send_command import send_command_by
from emsp.driver_api.build_admission import admission
from emsp.driver_api.build_view import viewing
from emsp.driver_api.stop_charge import StopCharge
from emsp.driver_api.stop_routes import add_stop
from emsp.settings import Settings


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    uses = viewing(settings)
    stop = StopCharge(uses.own.gather.sessions, lambda: send_command_by(settings), admission(settings))
    add_stop(resolver, stop, uses)
