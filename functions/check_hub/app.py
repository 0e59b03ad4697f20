"""Checks the Hub's versions and every party's status, on a schedule: `{}`.

Returns `{"state": "NOT_REGISTERED"}` before the registration with a Hub.
"""

from typing import Any

from emsp.connection.check_hub import CheckHub
from emsp.connection.connect_to_hub import connect_to_hub, prepare_for_hub
from emsp.deadline import LambdaContext
from emsp.hub.errors import NotRegistered
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.log import log
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, eventbridge_client
from emsp.stores.event_bus import EventBus
from emsp.stores.parties import PartyStore

settings = Settings()
prepare_for_hub(settings)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    payload_of(event)
    try:
        hub = connect_to_hub(settings)
    except NotRegistered:
        log.info("no Hub to check yet: register first")
        return {"state": "NOT_REGISTERED"}
    check_hub = CheckHub(
        hub,
        PartyStore(dynamodb_client(), settings.control_table),
        EventBus(eventbridge_client(), settings.event_bus_name),
    )
    return answer(check_hub(deadline_of(context)))
