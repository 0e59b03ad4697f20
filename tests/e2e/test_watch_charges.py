"""What should have come of charges and did not, on the local cloud: the deployed receivers, streams, index,
roles and bus. Time passes by moving `awaits_since` back, and when a session was heard of.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.stores.commands import CommandStore
from emsp.stores.table import time_text
from tests.demo.event_tap import EventTap, tap
from tests.e2e.inbound import live_token, push
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.integration.stored_commands import stored_command
from tests.local_cloud.stack import Stack

STAMP = str(time.time_ns())
LONG_AGO = timedelta(days=3)


@pytest.fixture
def token(stack: Stack) -> Iterator[str]:
    with live_token(stack, f"watch-{STAMP}") as token:
        yield token


@pytest.fixture
def events(stack: Stack) -> Iterator[EventTap]:
    with tap(stack) as tapped:
        yield tapped


def told(events: EventTap, detail_type: str, kind: str | None, identifier: str) -> dict[str, Any]:
    """The event of that kind about that object: the only one."""
    deadline = time.monotonic() + 20
    while True:
        found = [
            event["detail"]
            for event in events.taken
            if (event["detail-type"], event["detail"].get("kind"), event["detail"].get("id"))
            == (detail_type, kind, identifier)
        ]
        if found:
            assert len(found) == 1
            return dict(found[0])
        assert time.monotonic() < deadline, f"no {detail_type} {kind} about {identifier}"
        events.take()


def long_ago(stack: Stack, table: str, key: dict[str, str]) -> None:
    """The item has waited since then."""
    then = datetime.now(UTC) - LONG_AGO
    heard = ", received_at = :heard" if table == "sessions" else ""
    values = {":then": {"S": time_text(then)}, **({":heard": {"S": then.isoformat()}} if heard else {})}
    boto3.client("dynamodb", **stack.client_settings).update_item(
        TableName=stack.tables[table],
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression=f"SET awaits_since = :then{heard}",
        ConditionExpression="attribute_exists(awaits)",
        ExpressionAttributeValues=values,
    )


def sent(stack: Stack, number: int, state: str) -> str:
    """A START_SESSION that we sent."""
    now = datetime.now(UTC)
    command_id = f"watch-{STAMP}-{number}"
    CommandStore(boto3.client("dynamodb", **stack.client_settings), stack.tables["commands"]).create(
        stored_command(
            command_id,
            now,
            state=state,
            times_out_at=now + timedelta(seconds=30),
            correlation_id="watch",
            token_key=f"IN#EMS#WATCH{STAMP}{number}",
            authorization_reference=f"AUTH-{STAMP}-{number}",
        )
    )
    return command_id


def test_each_kind_is_told_once_and_told_as_over_when_the_thing_comes(
    stack: Stack, token: str, events: EventTap
) -> None:
    def pushed(number: int, status: str) -> str:
        now = datetime.now(UTC).isoformat()
        value = session(
            f"W-{STAMP}-{number}",
            at=now,
            start_date_time=now,
            status=status,
            cdr_token=cdr_token(f"WATCH{STAMP}{number}"),
            authorization_reference=f"AUTH-{STAMP}-{number}",
        )
        assert push(stack, token, "PUT", path_of(value), value).status_code == 1000
        return str(value["id"])

    def posted(number: int) -> str:
        value = cdr(f"C-{STAMP}-{number}", session_id=f"W-{STAMP}-{number}", cdr_token=cdr_token("WATCH"))
        assert push(stack, token, "POST", "/ocpi/2.2.1/cdrs", value).status_code == 1000
        return str(value["id"])

    def watched(kind: str, table: str, key: dict[str, str]) -> None:
        long_ago(stack, table, key)
        time.sleep(1)  # the index follows
        assert stack.invoke("watch_charges", {})["reported"][kind] == 1
        assert stack.invoke("watch_charges", {})["reported"][kind] == 0

    command_id = sent(stack, 1, "SENT")
    result = push(
        stack, token, "POST", f"/ocpi/2.2.1/commands/START_SESSION/{command_id}", {"result": "ACCEPTED"}
    )
    assert result.status_code == 1000
    watched("SESSION_NOT_STARTED", "commands", {"command_id": command_id})
    told(events, "Charge Overdue", "SESSION_NOT_STARTED", command_id)
    session_id = pushed(1, "PENDING")
    told(events, "Charge Resolved", "SESSION_NOT_STARTED", command_id)
    assert told(events, "Session Linked", None, session_id)["command_id"] == command_id
    session_key = {"object_key": f"IN#CPO#{session_id}"}
    for kind, next_status in (
        ("PENDING_TOO_LONG", "ACTIVE"),
        ("SESSION_SILENT", "COMPLETED"),
    ):
        watched(kind, "sessions", session_key)
        assert told(events, "Charge Overdue", kind, session_id)["command_id"] == command_id
        pushed(1, next_status)
        told(events, "Charge Resolved", kind, session_id)
    watched("CDR_OVERDUE", "sessions", session_key)
    told(events, "Charge Overdue", "CDR_OVERDUE", session_id)
    cdr_id = posted(1)
    told(events, "Charge Resolved", "CDR_OVERDUE", session_id)
    assert told(events, "CDR Received", None, cdr_id)["command_id"] == command_id

    posted(2)
    missing = f"W-{STAMP}-2"
    watched("CDR_WITHOUT_SESSION", "sessions", {"object_key": f"IN#CPO#{missing}"})
    told(events, "Charge Overdue", "CDR_WITHOUT_SESSION", missing)
    pushed(2, "COMPLETED")
    told(events, "Charge Resolved", "CDR_WITHOUT_SESSION", missing)

    late = sent(stack, 3, "TIMEOUT")
    session_id = pushed(3, "ACTIVE")
    told(events, "Charge Overdue", "SESSION_AFTER_TIMEOUT", late)
    pushed(3, "COMPLETED")
    told(events, "Charge Resolved", "SESSION_AFTER_TIMEOUT", session_id)
