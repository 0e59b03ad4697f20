"""Callers of the Hub as Lambdas are: each with a client of its own, the shared clock in the deployed
control table.
"""

import boto3

from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.discover_endpoints import discover
from emsp.hub.endpoints import HubConnection
from emsp.hub.quota import SharedQuota
from emsp.hub.request import HubRequest
from emsp.ocpi.headers import TokenEncoding
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.stores.quota import QuotaStore
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

OURS = PartyId("IN", "QTA")


def caller(stack: Stack, connection: HubConnection, limits: dict[str, int], *, window_s: float) -> HubClient:
    """As one Lambda has it: a client and a quota of its own, the table shared by all."""
    store = QuotaStore(boto3.client("dynamodb", **stack.client_settings), stack.tables["control"])
    return HubClient(connection, OURS, SharedQuota(store, limits, window_ms=int(window_s * 1000)))


def registered(hub: HubSimulator) -> HubConnection:
    """The party IN*QTA at this Hub, without any of our Lambdas."""
    initial = HubConnection(hub.versions_url, hub.admin.invite(), TokenEncoding.BASE64, allow_http=True)
    client = HubClient(initial, OURS)
    endpoints = discover(client, correlation_id="registered", deadline=Deadline.after(10))
    details: JsonObject = {"name": "Quota"}
    role: JsonObject = {"role": "EMSP", "party_id": "QTA", "country_code": "IN", "business_details": details}
    client.connection = HubConnection(
        hub.versions_url, initial.token, TokenEncoding.BASE64, endpoints, allow_http=True
    )
    answer = client.call(
        HubRequest(
            "POST",
            client.endpoint("credentials", "RECEIVER"),
            body={"token": "ours", "url": "https://emsp.example.com/ocpi/versions", "roles": [role]},
            routed=False,
        )
    )
    assert isinstance(answer.data, dict)
    return HubConnection(
        hub.versions_url, str(answer.data["token"]), TokenEncoding.BASE64, endpoints, allow_http=True
    )
