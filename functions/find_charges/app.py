"""Finds charges with their CDRs, checks, credits and net amounts: by token, CPO, session, CDR or command, or
the open ones.
"""

from typing import Any

from emsp.charges.build_surroundings import surroundings_of
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.find_charges import FindCharges
from emsp.charges.gather_charge import GatherCharge
from emsp.charges.plan_of_session import PlanOfSession
from emsp.charges.surroundings import ChargeLocations
from emsp.invocation import LambdaContext, answer, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.ocpi.parties import PartyId
from emsp.pricing.rules import PricingRules
from emsp.retail.build_whose_plan import whose_plan_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.charge_indexes import ChargeIndexes
from emsp.stores.commands import CommandStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies

settings = Settings()
our_party = PartyId(settings.our_country_code, settings.our_party_id)
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
surroundings = surroundings_of(settings, dynamodb, large_bodies)
find_charges = FindCharges(
    ChargeIndexes(dynamodb, settings.sessions_table, settings.cdrs_table, settings.commands_table),
    GatherCharge(
        SessionStore(dynamodb, settings.sessions_table, large_bodies),
        CdrStore(dynamodb, settings.cdrs_table, large_bodies),
        CommandStore(dynamodb, settings.commands_table),
    ),
    ChargeLocations(surroundings.locations).time_zone,
    CostSoFar(
        surroundings,
        PricingRules(vat_when_absent=settings.gst_percent),
        PlanOfSession(whose_plan_of(settings, dynamodb, large_bodies), our_party),
    ),
    our_party,
)


@errors_with_data
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    return answer(find_charges(payload_of(event), lambda: context.get_remaining_time_in_millis() / 1000))
