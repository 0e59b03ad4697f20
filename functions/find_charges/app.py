"""Finds charges by token, CPO, session, CDR or command, or all that are open.

A charge has its CDRs, checks, credits and net amount.
"""

from typing import Any

from emsp.charges.build_cost_so_far import cost_so_far_of
from emsp.charges.find_charges import FindCharges
from emsp.charges.gather_charge import GatherCharge
from emsp.charges.pricing_context import ChargeLocations
from emsp.deadline import Deadline, LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.cdrs import CdrStore
from emsp.stores.charge_indexes import ChargeIndexes
from emsp.stores.commands import CommandStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
find_charges = FindCharges(
    ChargeIndexes(dynamodb, settings.sessions_table, settings.cdrs_table, settings.commands_table),
    GatherCharge(
        SessionStore(dynamodb, settings.sessions_table, large_bodies),
        CdrStore(dynamodb, settings.cdrs_table, large_bodies),
        CommandStore(dynamodb, settings.commands_table),
    ),
    ChargeLocations(CatalogueTable(dynamodb, settings.locations_table, large_bodies)).time_zone,
    cost_so_far_of(settings),
    settings.our_party,
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(find_charges(payload_of(event), Deadline.of_invocation(context)))
