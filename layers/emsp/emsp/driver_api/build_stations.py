"""Add the routes of stations to the API for drivers. The Hub client is created at the first call."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.charges.build_find_locations import find_locations_of
from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.estimate_price import EstimatePrice
from emsp.driver_api.build_admission import admission
from emsp.driver_api.station_routes import StationRoutes, add_stations
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    estimate_price = EstimatePrice(
        pricing_context_by(settings), settings.gst_percent, plan_choice_of(settings), settings.our_party
    )
    uses = StationRoutes(find_locations_of(settings), estimate_price, admission(settings))
    add_stations(resolver, uses)
