"""Finds locations near a point, of an EVSE or by key, and the tariffs of a connector."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from emsp.catalogue.find_locations import FindLocations
from emsp.catalogue.freshness import Freshness, LastPull
from emsp.charges.price_connectors import PriceConnectors
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.deadline import LambdaContext
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
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

settings = Settings()
large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
locations = LocationsTable(dynamodb_client(), settings.locations_table, large_bodies)
tariffs = TariffsTable(dynamodb_client(), settings.tariffs_table, large_bodies)
pool = ThreadPoolExecutor(8)
find = FindLocations(
    locations,
    tariffs,
    EvseIndex(lambda: Snapshots(s3_client(), settings.snapshots_bucket, "locations")),
    Freshness(
        locations,
        LastPull(lambda: last_pull_began(dynamodb_client(), settings.control_table, "locations")),
        lambda: connect_to_hub(settings),
        pool,
    ),
    PriceConnectors(
        tariffs,
        PricingRules(vat_when_absent=settings.gst_percent),
        plan_choice_of(settings, dynamodb_client(), large_bodies),
        settings.our_party,
        lambda: datetime.now(UTC),
    ),
    pool,
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(find(payload_of(event), deadline_of(context)))
