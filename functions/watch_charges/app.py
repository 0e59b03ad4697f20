"""Reports what is overdue in charges, and which disputes wait for an answer, on a schedule: `{}`."""

from datetime import UTC, datetime
from typing import Any

from emsp.charges.overdue import Patience
from emsp.charges.watch_charges import WatchCharges
from emsp.invocation import invocation_handler, payload_of
from emsp.settings import Settings
from emsp.settlement.remind_disputes import RemindDisputes
from emsp.stores.awaited import AwaitedStore, Awaits
from emsp.stores.aws import dynamodb_client
from emsp.stores.disputes import DisputeStore

settings = Settings()
watch_charges = WatchCharges(
    sessions=AwaitedStore(
        dynamodb_client(),
        settings.sessions_table,
        key_name="object_key",
        settled_by={
            Awaits.START: "closed_by_cdr",
            Awaits.PUSH: "closed_by_cdr",
            Awaits.CDR: "closed_by_cdr",
            Awaits.SESSION: "last_updated",
        },
        repeated={Awaits.PUSH: ("received_at", "push_awaited_since")},
    ),
    commands=AwaitedStore(
        dynamodb_client(),
        settings.commands_table,
        key_name="command_id",
        settled_by={Awaits.SESSION: "session_key"},
        only={"command": "START_SESSION"},
    ),
    patience=Patience(
        not_started=settings.not_started_after,
        pending=settings.pending_after,
        silent=settings.silent_after,
        cdr=settings.cdr_overdue_after,
        cdr_without_session=settings.cdr_without_session_after,
    ),
)

remind_disputes = RemindDisputes(
    DisputeStore(dynamodb_client(), settings.disputes_table), settings.dispute_reminder_after
)


@invocation_handler
def handler(event: object, context: object) -> dict[str, Any]:
    payload_of(event)
    now = datetime.now(UTC)
    reported = {kind.value: number for kind, number in watch_charges(now).items()}
    return {"reported": reported, "disputes": remind_disputes(now)}
