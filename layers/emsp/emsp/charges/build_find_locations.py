"""Build FindLocations, with the prices at connectors, from a function's settings."""

from concurrent.futures import ThreadPoolExecutor

from emsp.catalogue.find_locations import FindLocations
from emsp.catalogue.freshness import Freshness, LastPull
from emsp.charges.price_connectors import PriceConnectors
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.retail.build_plan_choice import plan_choice_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import LocationsTable
from emsp.stores.pull_runs import last_pull_began
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies
from emsp.stores.tariffs import TariffsTable


def find_locations_of(settings: Settings) -> FindLocations:
    """Return a FindLocations that connects to the Hub only when it calls the Hub."""
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    locations = LocationsTable(dynamodb, settings.locations_table, large_bodies)
    tariffs = TariffsTable(dynamodb, settings.tariffs_table, large_bodies)
    began = LastPull(lambda: last_pull_began(dynamodb, settings.control_table, "locations"))
    pool = ThreadPoolExecutor(8)
    return FindLocations(
        locations,
        tariffs,
        EvseIndex(lambda: Snapshots(s3_client(), settings.snapshots_bucket, "locations")),
        Freshness(locations, began, lambda: connect_to_hub(settings), pool),
        PriceConnectors(tariffs, settings.gst_percent, plan_choice_of(settings), settings.our_party),
        pool,
    )
