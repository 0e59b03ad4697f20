"""Build LookUpPricingContext from the settings of a function."""

from emsp.charges.pricing_context import LookUpPricingContext
from emsp.settings import Settings
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions


def pricing_context_by(
    settings: Settings, client: DynamoDBClient, large_bodies: LargeBodies
) -> LookUpPricingContext:
    """Return a LookUpPricingContext that reads the tables of the catalogue."""
    return LookUpPricingContext(
        CatalogueTable(client, settings.locations_table, large_bodies),
        CatalogueTable(client, settings.tariffs_table, large_bodies),
        TariffVersions(client, settings.tariff_versions_table, large_bodies),
    )
