"""Returns the statement of a driver's month, for an invoice: `{"token_uid", "month"}`."""

from typing import Any

from emsp.charges.pricing_context import ChargeLocations
from emsp.deadline import LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.settlement.accounts_time_zone import zone_of_accounts
from emsp.settlement.driver_statement import DriverStatement
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.cdrs import CdrStore
from emsp.stores.charge_indexes import ChargeIndexes
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
driver_statement = DriverStatement(
    CdrStore(dynamodb, settings.cdrs_table, large_bodies),
    ChargeIndexes(dynamodb, "", settings.cdrs_table),
    ChargeLocations(CatalogueTable(dynamodb, settings.locations_table, large_bodies)),
    settings.our_party,
    settings.our_business_name,
    zone_of_accounts(settings),
    settings.gst_percent,
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(driver_statement(payload_of(event)))
