"""Add the routes of stations to the API for drivers. They connect to the Hub only when they call it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from emsp.catalogue.find_locations import FindLocations
from emsp.catalogue.freshness import Freshness, LastPull
from emsp.charges.build_pricing_context import pricing_context_by
from emsp.charges.estimate_price import EstimatePrice
from emsp.charges.price_connectors import PriceConnectors
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.driver_api.build_admission import admission
from emsp.driver_api.station_routes import StationRoutes, add_stations
from emsp.pricing.rules import PricingRules
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import LocationsTable
from emsp.stores.pull_runs import last_pull_began
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies
from emsp.stores.tariffs import TariffsTable


def add(resolver: APIGatewayHttpResolver, settings: Settings) -> None:
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    locations = LocationsTable(dynamodb, settings.locations_table, large_bodies)
    pool = ThreadPoolExecutor(8)
    began = LastPull(lambda: last_pull_began(dynamodb, settings.control_table, "locations"))
    pricing_context = pricing_context_by(settings, dynamodb, large_bodies)
    tariffs = TariffsTable(dynamodb, settings.tariffs_table, large_bodies)
    rules = PricingRules(vat_when_absent=settings.gst_percent)
    plan_choice = plan_choice_of(settings, dynamodb, large_bodies)
    our_party = settings.our_party
    uses = StationRoutes(
        FindLocations(
            locations,
            tariffs,
            EvseIndex(lambda: Snapshots(s3_client(), settings.snapshots_bucket, "locations")),
            Freshness(locations, began, lambda: connect_to_hub(settings), pool),
            PriceConnectors(tariffs, rules, plan_choice, our_party, lambda: datetime.now(UTC)),
            pool,
        ),
        EstimatePrice(
            pricing_context.locations,
            pricing_context,
            rules,
            plan_choice,
            our_party,
            lambda: datetime.now(UTC),
        ),
        admission(settings),
    )
    add_stations(resolver, uses)
