"""Pulls locations from the Hub: `{"mode": "full" | "delta" | "status"}`.

Returns counts and the snapshot's key.
"""

from typing import Any

from emsp.catalogue.build_pull import pull_catalogue
from emsp.catalogue.pull_locations import LOCATIONS
from emsp.invocation import LambdaContext, answer, errors_with_data, payload_of
from emsp.log import new_invocation
from emsp.settings import Settings
from emsp.stores.locations import LocationsTable
from emsp.stores.own_function import invoke_again

settings = Settings()
pull = pull_catalogue(settings, LOCATIONS, LocationsTable, settings.locations_table)


@errors_with_data
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    new_invocation()
    pulled = pull(payload_of(event), lambda: context.get_remaining_time_in_millis() / 1000, invoke_again)
    return answer(pulled)
