"""Commands as send_command stores them before it calls the Hub."""

from datetime import UTC, datetime, timedelta

import boto3

from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def store_command(command_id: str, command: str = "START_SESSION", state: str = "PENDING") -> None:
    record = CommandRecord(
        command_id=command_id,
        command=command,
        state=state,
        created_at=NOW,
        times_out_at=NOW + timedelta(seconds=60),
        body="{}",
        correlation_id="correlation-1",
        to="IN*CPO",
    )
    CommandStore(boto3.client("dynamodb"), "commands").create(record)
