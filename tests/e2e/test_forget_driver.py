"""A driver charges, is refused, is authorized, and is forgotten, for later pushes too: then the uid is in no
item, no version of an object and no line of a log of the local cloud.
"""

import base64
import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.demo.stored import Stored
from tests.e2e.inbound import live_token, push
from tests.e2e.registered_hub import registered_hub
from tests.e2e.test_commands import place
from tests.e2e.test_remote_start import TOKEN
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.drivers.driver import LARGE_TEXT
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.local_cloud.deployment import ARTIFACTS_BUCKET
from tests.local_cloud.stack import Stack

UID = f"PRIYA{uuid4().hex[:12].upper()}"


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=12) as simulator:
        yield simulator


def where(stack: Stack, text: str, since: datetime) -> list[str]:
    """The names of everything in the local cloud that contains it, in any case. Objects and log lines are
    read since a time before which nobody knew the text.
    """
    return sorted(
        name
        for name, content in (*_items(stack), *_objects(stack, since), *_log_lines(stack, since))
        if text.lower() in content.lower()
    )


def _items(stack: Stack) -> Iterator[tuple[str, str]]:
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                for attribute, value in item.items():
                    raw: Any = value
                    yield f"table {table}: {attribute}", _plain(raw["B"]) if "B" in raw else json.dumps(raw)


def _objects(stack: Stack, since: datetime) -> Iterator[tuple[str, str]]:
    s3 = boto3.client("s3", **stack.client_settings)
    names = {str(each.get("Name")) for each in s3.list_buckets()["Buckets"]}
    for bucket in names - {ARTIFACTS_BUCKET}:  # the code, which sam put there before any driver came
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", []):
                if version["LastModified"] < since:
                    continue
                key, version_id = str(version.get("Key")), str(version.get("VersionId"))
                found = s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)
                yield f"bucket {bucket}: {key} {version_id}", key + _plain(found["Body"].read())


def _plain(content: bytes) -> str:
    text = (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode("latin-1")
    try:
        hidden = json.loads(text).get("body_base64")
    except (ValueError, AttributeError):
        return text
    return text + base64.b64decode(hidden).decode("latin-1") if hidden else text


def _log_lines(stack: Stack, since: datetime) -> Iterator[tuple[str, str]]:
    logs, start = boto3.client("logs", **stack.client_settings), int(since.timestamp() * 1000)
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in [str(each.get("logGroupName")) for each in groups["logGroups"]]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start):
                for event in page["events"]:
                    yield f"log {group}", str(event.get("message"))


def charged(stack: Stack, hub: HubSimulator) -> str:
    """A charge that a command of ours began, to its CDR. Its session's id."""
    [location, *_] = [each for each in hub.admin.objects("locations") if not each["id"].startswith("SITE")]
    to = {"country_code": location["country_code"], "party_id": location["party_id"]}
    assert stack.invoke("authorize_token", {"token_uid": UID, "to": to})["allowed"] == "ALLOWED"
    asked = {"command": "START_SESSION", **place(location), "token": {**TOKEN, "uid": UID}}
    command_id = stack.invoke("send_command", asked)["command_id"]
    deadline = time.monotonic() + 30
    while not (record := stack.invoke("get_command", {"command_id": command_id}))["session"]:
        assert time.monotonic() < deadline, record
        time.sleep(0.2)
    hub.admin.stop_session(str(record["session"]["id"]))
    hub.admin.wait_idle()
    assert hub.admin.dead_letters() == []
    return str(record["session"]["id"])


def test_a_forgotten_driver_is_found_nowhere(stack: Stack, hub: HubSimulator) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    session_id = charged(stack, hub)
    token = cdr_token(UID)
    with live_token(stack, f"forget-{UID}") as inbound:

        def pushed(method: str, path: str, value: dict[str, Any]) -> int:
            return push(stack, inbound, method, path, value).status_code

        large = session(f"S-{UID[-6:]}", cdr_token=token, notes=LARGE_TEXT)
        assert pushed("PUT", path_of(large), large) == 1000
        longer = {**large, "notes": LARGE_TEXT + "more", "last_updated": "2026-11-22T11:00:00Z"}
        assert pushed("PUT", path_of(longer), longer) == 1000
        refused = {**cdr(f"C-{UID[-6:]}", cdr_token=token, remark=f"thanks, {UID}"), "currency": None}
        for _ in range(2):
            assert pushed("POST", "/ocpi/2.2.1/cdrs", refused) == 2001
        # The streams' functions have done with all of it.
        deadline = time.monotonic() + 30
        while not any("a session belongs to a command" in line for line in stack.log_lines("link_session")):
            assert time.monotonic() < deadline
            time.sleep(0.5)
    time.sleep(3)
    before = where(stack, UID, began)
    kinds = {place.split(":")[0] for place in before}
    expected = {f"table {stack.tables[name]}" for name in ("sessions", "cdrs", "commands", "control")} | {
        f"bucket {stack.buckets[name]}" for name in ("rejected", "large_bodies")
    }
    assert kinds == expected, "this search finds what is there, and no log names the driver"

    told = stack.invoke("forget_driver", {"token_uid": UID, "also_later": True})
    assert (told["complete"], told["problem"]) == (True, None)
    assert where(stack, UID, began) == []
    with live_token(stack, f"later-{UID}") as inbound:
        later = session(f"L-{UID[-6:]}", cdr_token=token)
        assert push(stack, inbound, "PUT", path_of(later), later).status_code == 1000
        bill = cdr(f"L-{UID[-6:]}", session_id=later["id"], cdr_token=token)
        for _ in range(2):
            assert push(stack, inbound, "POST", "/ocpi/2.2.1/cdrs", bill).status_code == 1000
        assert (
            push(stack, inbound, "POST", "/ocpi/2.2.1/cdrs", {**bill, "total_energy": 99}).status_code == 2001
        )
    time.sleep(3)
    assert where(stack, UID, began) == []
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    for table, each in (("sessions", later), ("cdrs", bill)):
        key = {"object_key": {"S": f"IN#CPO#{each['id']}"}}
        item = dynamodb.get_item(TableName=stack.tables[table], Key=key)["Item"]
        assert item["token_key"]["S"] == f"IN#EMS#{told['pseudonym']}"
    none_of_him = {"findings", "disputes", "plan_assignments"}
    changed = {name for name, counted in told["stores"].items() if counted["changed"]}
    assert told["stores"].keys() - changed <= none_of_him, told["stores"]
    assert f"table {stack.tables['cdrs']}: token_key" in where(stack, str(told["pseudonym"]), began)
    ids = [each["id"] for each in Stored(stack).sessions()]
    assert session_id in ids, "the charge itself stays"
