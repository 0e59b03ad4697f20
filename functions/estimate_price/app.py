"""What a charge will cost: `{"connector": {...}}` or `{"tariff": {...}}` with kWh and minutes -> a price."""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.estimate_price import EstimatePrice
from emsp.charges.rules import PricingRules
from emsp.charges.surroundings import SurroundingsOf
from emsp.invocation import LambdaContext, answer, payload_of
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
locations = CatalogueTable(dynamodb, settings.locations_table, large_bodies)
estimate_price = EstimatePrice(
    locations,
    SurroundingsOf(
        locations,
        CatalogueTable(dynamodb, settings.tariffs_table, large_bodies),
        TariffVersions(dynamodb, settings.tariff_versions_table, large_bodies),
    ),
    PricingRules(vat_when_absent=settings.gst_percent),
    lambda: datetime.now(UTC),
)


def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    return answer(estimate_price(payload_of(event)))
