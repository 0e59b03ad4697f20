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
    """Tariffs by object key. A connector's tariffs are those of its `tariff_ids` that its location's party
    owns.

    `versions` is the table in which a pull keeps every version. A reader needs none.
    """

    versions: TariffVersions | None = None

    def put_new(self, objects: Sequence[CatalogueObject], received_at: str) -> None:
        # The version is written first, so every tariff in this table has its version.
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
    """A factory of TariffsTables that keep every version in `versions_table`, for pulls."""

    def table(
        client: DynamoDBClient, name: str, large_bodies: LargeBodies, pool: Executor | None = None
    ) -> TariffsTable:
        versions = TariffVersions(client, versions_table, large_bodies, pool)
        return TariffsTable(client, name, large_bodies, pool, versions=versions)

    return table
