"""A pushed session reaches a receiver outside AWS, which knows the sender and counts it once.

MiniStack's CloudFormation makes no connections and no API destinations: they are made here, with the
properties that webhooks.yaml gives them.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from events.webhook.receive import Received, serve
from tests.e2e.inbound import live_token, push
from tests.integration.samples import path_of, session
from tests.local_cloud.stack import Stack
from tests.template.template import template

SECRET = "what-the-receiver-knows-us-by"
RESOURCES = template()["Resources"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


@pytest.fixture
def receiver(database: Path) -> Iterator[str]:
    server = serve(SECRET, Received(str(database)), 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/events"
    server.shutdown()
    server.server_close()


def filled(value: Any, known: dict[str, Any]) -> Any:
    """Properties with what their intrinsic functions stand for."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return known[name]
        case {"Fn::Sub": str(text)}:
            assert text == "{{resolve:secretsmanager:${WebhookSecret}:SecretString}}"
            return SECRET
        case dict():
            return {key: filled(each, known) for key, each in value.items()}
        case list():
            return [filled(each, known) for each in value]
    return value


@pytest.fixture
def webhook(stack: Stack, receiver: str) -> Iterator[None]:
    """Everything of webhooks.yaml on the stack's bus, with the default events."""
    events = boto3.client("events", **stack.client_settings)
    default = template()["Parameters"]["WebhookEvents"]["Default"].split(",")
    known = {
        "WebhookUrl": receiver,
        "EventBus": stack.event_bus,
        "WebhookEvents": default,
        "WebhookRole": "arn:aws:iam::123456789012:role/webhook",
        "WebhookDeadLetterQueue": "arn:aws:sqs:ap-south-1:123456789012:webhook-failed",
    }

    def properties(name: str) -> Any:
        return filled(RESOURCES[name]["Properties"], known)

    connection = events.create_connection(Name="webhook", **properties("WebhookConnection"))
    known["WebhookConnection"] = connection["ConnectionArn"]
    destination = events.create_api_destination(Name="webhook", **properties("WebhookDestination"))
    known["WebhookDestination"] = destination["ApiDestinationArn"]
    rule = properties("WebhookRule")
    bus = rule["EventBusName"]
    events.put_rule(Name="webhook", EventBusName=bus, EventPattern=json.dumps(rule["EventPattern"]))
    events.put_targets(Rule="webhook", EventBusName=bus, Targets=rule["Targets"])
    yield
    events.remove_targets(Rule="webhook", EventBusName=bus, Ids=["webhook"])
    events.delete_rule(Name="webhook", EventBusName=bus)
    events.delete_api_destination(Name="webhook")
    events.delete_connection(Name="webhook")


def test_a_pushed_session_reaches_the_receiver(stack: Stack, webhook: None, database: Path) -> None:
    value = session("E2E-WEBHOOK")
    with live_token(stack, "token-of-a-hub-whose-session-is-posted") as live:
        assert push(stack, live, "PUT", path_of(value), value).status_code == 1000
    deadline = time.monotonic() + 30
    while not (found := of(database)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    [event] = found
    assert (event["detail-type"], event["source"]) == ("Session Updated", "emsp.ocpi")
    assert event["detail"]["object"]["id"] == "E2E-WEBHOOK"


def of(database: Path) -> list[Any]:
    with sqlite3.connect(database) as open_database:
        rows = open_database.execute("SELECT event FROM events").fetchall()
    return [json.loads(row[0]) for row in rows]
