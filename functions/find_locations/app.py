"""Finds locations near a point, of an EVSE or by key, and the tariffs of a connector."""

from typing import Any

from emsp.charges.build_find_locations import find_locations_of
from emsp.deadline import LambdaContext
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.settings import Settings

find = find_locations_of(Settings())


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    return answer(find(payload_of(event), deadline_of(context)))
