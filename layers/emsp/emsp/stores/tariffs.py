"""The table of tariffs."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions


@dataclass(frozen=True)
class TariffsTable(CatalogueTable):
    """The tariffs by object key. A connector has the tariffs in `tariff_ids` that belong to the location's
    party.

    `versions` is the table to which a pull adds each version. A reader needs none.
    """

    versions: TariffVersions | None = None

    def put_new(self, objects: Sequence[CatalogueObject], received_at: str) -> None:
        # The version is written first, so each tariff in this table has one.
        if self.versions:
            self.versions.put_new(objects, received_at)
        super().put_new(objects, received_at)

    def replace(self, objects: Sequence[CatalogueObject], received_at: str) -> list[str]:
        if self.versions:
            self.versions.put_new(objects, received_at)
        return super().replace(objects, received_at)

    def mark_removed(self, object_keys: Sequence[str], removed_at: str, expires_at: int) -> None:
        if self.versions:
            self.versions.mark_removed(object_keys, removed_at, expires_at)
        super().mark_removed(object_keys, removed_at, expires_at)


def tariffs_with_versions(versions_table: str) -> Callable[..., TariffsTable]:
    """Return a factory of TariffsTables that add each version to the table `versions_table`. For pulls."""

    def table(
        client: DynamoDBClient, name: str, large_bodies: LargeBodies, pool: Executor | None = None
    ) -> TariffsTable:
        versions = TariffVersions(client, versions_table, large_bodies, pool)
        return TariffsTable(client, name, large_bodies, pool, versions=versions)

    return table
