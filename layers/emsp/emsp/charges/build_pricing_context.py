"""Build LookUpPricingContext from the settings of a function."""

from emsp.charges.pricing_context import LookUpPricingContext
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions


def pricing_context_by(settings: Settings) -> LookUpPricingContext:
    """Return a LookUpPricingContext that reads the tables of the catalogue."""
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    return LookUpPricingContext(
        CatalogueTable(dynamodb, settings.locations_table, large_bodies),
        CatalogueTable(dynamodb, settings.tariffs_table, large_bodies),
        TariffVersions(dynamodb, settings.tariff_versions_table, large_bodies),
    )
