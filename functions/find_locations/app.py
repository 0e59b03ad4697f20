"""Finds locations near a point, of an EVSE, or by key, and the tariffs of a connector."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from emsp.catalogue.find_locations import FindLocations
from emsp.invocation import answer, payload_of
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import LocationsTable
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies
from emsp.stores.tariffs import TariffsTable

settings = Settings()
large_bodies = LargeBodies(settings.large_bodies_bucket, s3_client)
find = FindLocations(
    LocationsTable(dynamodb_client(), settings.locations_table, large_bodies),
    TariffsTable(dynamodb_client(), settings.tariffs_table, large_bodies),
    EvseIndex(lambda: Snapshots(s3_client(), settings.snapshots_bucket, "locations")),
    ThreadPoolExecutor(8),
)


def handler(event: object, context: object) -> dict[str, Any]:
    new_invocation()
    return answer(find(payload_of(event)))
