"""Pulls tariffs from the Hub: `{"mode": "full" | "delta" | "status"}`.

Returns counts and the snapshot's key.
"""

from typing import Any

from emsp.catalogue.build_pull import pull_catalogue
from emsp.catalogue.pull_tariffs import TARIFFS
from emsp.deadline import Deadline, LambdaContext
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.own_function import invoke_again
from emsp.stores.tariffs import tariffs_with_versions

settings = Settings()
pull = pull_catalogue(
    settings, TARIFFS, tariffs_with_versions(settings.tariff_versions_table), settings.tariffs_table
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    pulled = pull(payload_of(event), Deadline.of_invocation(context), invoke_again)
    return answer(pulled)
