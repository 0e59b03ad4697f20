"""Commands as send_command stores them before it calls the Hub."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def stored_command(command_id: str, created_at: datetime = NOW, **more: Any) -> CommandRecord:
    """A START_SESSION that is PENDING, unless `more` says otherwise."""
    usual: dict[str, Any] = {
        "command": "START_SESSION",
        "state": "PENDING",
        "times_out_at": created_at + timedelta(seconds=60),
        "body": "{}",
        "correlation_id": "correlation-1",
        "to": "IN*CPO",
    }
    return CommandRecord(command_id=command_id, created_at=created_at, **{**usual, **more})


def store_command(
    command_id: str, command: str = "START_SESSION", state: str = "PENDING", **more: Any
) -> None:
    record = stored_command(command_id, command=command, state=state, **more)
    CommandStore(boto3.client("dynamodb"), "commands").create(record)
