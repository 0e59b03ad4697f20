"""Checks the Hub's versions and every party's status, on a schedule: `{}`."""

from emsp import log
from emsp.check_hub import CheckHub
from emsp.hub_connection import connect_to_hub
from emsp.invocation import LambdaContext, deadline_of
from emsp.ocpi.json_text import JsonObject
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, eventbridge_client, secretsmanager_client
from emsp.stores.event_bus import EventBus
from emsp.stores.parties import PartyStore

settings = Settings()
dynamodb_client()
secretsmanager_client()


def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    log.bind()
    check_hub = CheckHub(
        connect_to_hub(settings),
        PartyStore(dynamodb_client(), settings.control_table),
        EventBus(eventbridge_client(), settings.event_bus_name),
    )
    return check_hub(deadline_of(context))
