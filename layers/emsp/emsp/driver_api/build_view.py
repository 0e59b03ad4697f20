"""Build Viewing, which all routes of charges use, from the settings of a function."""

from functools import cache

from emsp.charges.build_cost_so_far import cost_so_far_of
from emsp.charges.gather_charge import GatherCharge
from emsp.driver_api.charge_answer import Viewing
from emsp.driver_api.charge_view import ViewCharge
from emsp.driver_api.own_charges import OwnCharges
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.commands import CommandStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies


@cache
def viewing(settings: Settings) -> Viewing:
    """Return the Viewing. It is the same for all areas, because it caches the pricing context of charges."""
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    gather = GatherCharge(
        SessionStore(dynamodb, settings.sessions_table, large_bodies),
        CdrStore(dynamodb, settings.cdrs_table, large_bodies),
        CommandStore(dynamodb, settings.commands_table, settings.control_table),
    )
    return Viewing(
        OwnCharges(gather), ViewCharge(cost_so_far_of(settings, cached=True)), settings.driver_api_url
    )
