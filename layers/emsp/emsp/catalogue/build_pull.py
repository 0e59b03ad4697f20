"""Build a pull function from its settings."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final
from uuid import uuid4

from emsp.catalogue.module import CatalogueModule
from emsp.catalogue.pull_catalogue import PullCatalogue
from emsp.catalogue.pull_parts import PullOptions
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.settings import Settings
from emsp.stores.aws import BULK_REQUESTS_AT_ONCE, bulk_dynamodb_client, bulk_s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.pull_runs import PullRuns
from emsp.stores.rejected import RejectedStore
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies

LEASE: Final = timedelta(seconds=180)
"""If a process has not renewed its lease for this long, it counts as dead. Reading or writing a page takes
less.
"""


def pull_catalogue(
    settings: Settings, module: CatalogueModule, table: Callable[..., CatalogueTable], name: str
) -> PullCatalogue:
    """Return the use case that pulls `module` into the table `name`."""
    dynamodb, s3 = bulk_dynamodb_client(), bulk_s3_client()
    return PullCatalogue(
        module=module,
        table=table(
            dynamodb,
            name,
            LargeBodies(settings.large_bodies_bucket, bulk_s3_client),
            pool=ThreadPoolExecutor(BULK_REQUESTS_AT_ONCE, "table"),
        ),
        runs=lambda: PullRuns(
            dynamodb,
            settings.control_table,
            module.name,
            owner=str(uuid4()),
            lease=LEASE,
        ),
        snapshots=Snapshots(s3, settings.snapshots_bucket, module.name),
        rejected=RejectedStore(bulk_s3_client, settings.rejected_bucket),
        connect=lambda: connect_to_hub(settings),
        options=PullOptions(
            page_limit=settings.pull_page_limit,
            overlap=settings.pull_overlap,
            vanish_share=settings.vanish_guard_percent / 100,
        ),
    )
