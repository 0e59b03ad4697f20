"""Returns the checklist before going live: `{"target_cpos"?: ["IN*ABC", ...]}`."""

from datetime import timedelta
from functools import partial
from typing import Any

from emsp.connection.check_readiness import CheckReadiness
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.connection.our_tokens import OurTokens
from emsp.connection.pull_results import CatalogueEvidence
from emsp.connection.reach_ourselves import ReachOurselves
from emsp.deadline import LambdaContext
from emsp.hub.client import HubClient
from emsp.invocation import answer, deadline_of, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client, s3_client, secretsmanager_client
from emsp.stores.credentials_mark import CredentialsMark
from emsp.stores.hub_credentials import HubCredentialsStore
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.parties import PartyStore
from emsp.stores.pull_runs import PullRuns
from emsp.stores.readiness_evidence import Evidence
from emsp.stores.snapshots import Snapshots

settings = Settings()
us = settings.our_party


def runs(module: str) -> PullRuns:
    return PullRuns(dynamodb_client(), settings.control_table, module, owner="", lease=timedelta())


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    mark = CredentialsMark(dynamodb_client(), settings.control_table)
    hub = HubCredentialsStore(secretsmanager_client(), settings.hub_secret_id, mark)
    inbound = InboundTokens(dynamodb_client(), settings.control_table)
    tokens = OurTokens(hub, inbound, settings.token_overlap)
    known = hub.read()
    states, _ = PartyStore(dynamodb_client(), settings.control_table).listed()
    check_readiness = CheckReadiness(
        us=us,
        known=known,
        hub=connect_to_hub(settings) if known.token else None,
        parties=tuple(states),
        catalogue=CatalogueEvidence(
            runs, lambda module: Snapshots(s3_client(), settings.snapshots_bucket, module)
        ),
        evidence=Evidence(
            dynamodb_client(),
            settings.sessions_table,
            settings.cdrs_table,
            settings.commands_table,
        ),
        ourselves=ReachOurselves(
            settings.public_base_url,
            tokens.probe(),
            settings.allow_http_hub,
            partial(HubClient, our_party=us),
        ),
    )
    return answer(check_readiness(payload_of(event), deadline_of(context)))
