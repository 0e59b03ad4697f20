"""Forgets a driver: {"token_uid": ...} or {"contract_id": ...}.

With {"also_later": true} the driver is also removed from later pushes. {"cursor": ...} continues a run.
"""

from typing import Any

from emsp.deadline import Deadline, LambdaContext
from emsp.drivers.forget_driver import ForgetDriver
from emsp.invocation import answer, invocation_handler, payload_of
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import bulk_dynamodb_client, bulk_s3_client
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.page_rewrites import RewritableBucket, RewritableTable
from emsp.stores.plan_assignments import PlanAssignments

settings = Settings()
dynamodb = bulk_dynamodb_client()
forget_driver = ForgetDriver(
    {
        "sessions": RewritableTable(dynamodb, settings.sessions_table, "object_key"),
        "cdrs": RewritableTable(dynamodb, settings.cdrs_table, "object_key"),
        "commands": RewritableTable(dynamodb, settings.commands_table, "command_id"),
        "findings": RewritableTable(dynamodb, settings.findings_table, "finding_id"),
        "rejected_pushes": RewritableBucket(bulk_s3_client, settings.rejected_bucket),
        "large_bodies": RewritableBucket(bulk_s3_client, settings.large_bodies_bucket),
    },
    AuthorizedTokens(dynamodb, settings.control_table),
    PlanAssignments(dynamodb, settings.plan_assignments_table),
    ForgottenTokens(dynamodb, settings.control_table),
    settings.our_party,
)


@invocation_handler
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Return `{"complete", "cursor", "pseudonym", "stores", "problem"}`.

    If `complete` is false, invoke it again with the `cursor`.
    """
    return answer(forget_driver(payload_of(event), Deadline.of_invocation(context)))
