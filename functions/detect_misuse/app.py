"""Examines charges for misuse of tokens. The bus invokes it when a charge begins or ends, and for its CDR."""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.pricing_context import ChargeLocations
from emsp.deadline import LambdaContext
from emsp.invocation import invocation_handler, payload_of
from emsp.misuse.apply_rules import MisuseRules
from emsp.misuse.detect_misuse import DetectMisuse
from emsp.ocpi.parties import object_key
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.cdrs import CdrStore
from emsp.stores.charge_indexes import ChargeIndexes
from emsp.stores.commands import CommandStore
from emsp.stores.misuse_findings import FindingStore
from emsp.stores.sessions import SessionStore
from emsp.stores.table import LargeBodies
from emsp.stores.time_left import begin_invocation

settings = Settings()
dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
detect_misuse = DetectMisuse(
    SessionStore(dynamodb, settings.sessions_table, large_bodies),
    CdrStore(dynamodb, settings.cdrs_table, large_bodies),
    CommandStore(dynamodb, settings.commands_table),
    ChargeIndexes(dynamodb, settings.sessions_table, settings.cdrs_table),
    ChargeLocations(CatalogueTable(dynamodb, settings.locations_table, large_bodies)),
    AuthorizedTokens(dynamodb, settings.control_table),
    FindingStore(dynamodb, settings.findings_table),
    settings.our_party,
    MisuseRules(settings.misuse_speed_kmh, settings.misuse_charges_at_once),
)


@invocation_handler
def handler(event: object, context: LambdaContext | None) -> dict[str, Any]:
    """Return `{"findings": [ids of new findings]}`."""
    begin_invocation(context)
    payload = payload_of(event)
    detail = payload_of(payload["detail"])
    if payload["detail-type"] == "Command Completed":
        return {"findings": detect_misuse.of_command(str(detail["id"]), datetime.now(UTC))}
    key = object_key(*(str(detail[name]) for name in ("country_code", "party_id", "id")))
    of_cdr = payload["detail-type"] == "CDR Received"
    detect = detect_misuse.of_cdr if of_cdr else detect_misuse.of_session
    return {"findings": detect(key, datetime.now(UTC))}
