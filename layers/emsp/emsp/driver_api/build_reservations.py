"""Add the routes of reservations to the API for drivers. A reservation starts like a charge."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.driver_api.build_start import start_charge_by
from emsp.driver_api.build_view import viewing
from emsp.driver_api.reservation_routes import ReservationRoutes, add_reservations
from emsp.settings import Settings


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    start, gather = start_charge_by(settings), viewing(settings).own.gather
    uses = ReservationRoutes(
        start, gather.commands, gather.sessions, start.send, start.admit, settings.driver_api_url
    )
    add_reservations(resolver, uses)
