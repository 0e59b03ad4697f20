"""Build SurroundingsOf from a function's settings."""

from emsp.charges.surroundings import SurroundingsOf
from emsp.settings import Settings
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions


def surroundings_of(settings: Settings, client: DynamoDBClient, large_bodies: LargeBodies) -> SurroundingsOf:
    """Return a SurroundingsOf that reads the tables of the catalogue."""
    return SurroundingsOf(
        CatalogueTable(client, settings.locations_table, large_bodies),
        CatalogueTable(client, settings.tariffs_table, large_bodies),
        TariffVersions(client, settings.tariff_versions_table, large_bodies),
    )
