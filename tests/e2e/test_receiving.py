"""What is rare, on the local cloud, where the roles of the functions must allow it."""

import base64
import gzip
import json
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest

from tests.demo.event_tap import tap
from tests.e2e.inbound import live_token, push
from tests.integration.samples import cdr, path_of, period, session
from tests.local_cloud.stack import Stack


@pytest.fixture(scope="module")
def token(stack: Stack) -> Iterator[str]:
    with live_token(stack, "token-of-a-hub-that-sends-rare-things") as live:
        yield live


def test_a_cdr_of_megabytes_is_stored_whole_and_its_event_points_at_it(stack: Stack, token: str) -> None:
    chance = Random(1)  # what is random compresses badly, so that no item can hold it
    periods = [
        {**period(number % 60, chance.random() * 50), "tariff_id": f"{chance.getrandbits(64):x}"}
        for number in range(20_000)
    ]
    value = cdr("E2E-LARGE", session_id=None, charging_periods=periods)
    with tap(stack) as events:
        answer = push(stack, token, "POST", "/ocpi/2.2.1/cdrs", value)
        assert answer.status_code == 1000
        event = events.wait_for("CDR Received", "E2E-LARGE")
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    key = {"object_key": {"S": "IN#CPO#E2E-LARGE"}}
    assert "body_s3" in dynamodb.get_item(TableName=stack.tables["cdrs"], Key=key)["Item"]
    pointer = event["detail"]["object_s3"]
    content = s3(stack).get_object(Bucket=pointer["bucket"], Key=pointer["key"])["Body"].read()
    assert json.loads(gzip.decompress(content)) == value
    [location] = [text for name, text in answer.headers.items() if name.lower() == "location"]
    assert push(stack, token, "GET", location).envelope["data"] == value


def test_what_is_refused_is_kept_and_replayed(stack: Stack, token: str) -> None:
    value = session("E2E-REFUSED", status=None)
    for _ in range(2):
        assert push(stack, token, "PUT", path_of(value), value).status_code == 2001
    [key] = [key for key, kept in rejected(stack).items() if kept.get("body") == json.dumps(value)]
    assert rejected(stack)[key]["tries"] == 2
    assert key.startswith("sessions/IN*CPO*E2E-REFUSED/")
    listed = stack.invoke("list_rejected", {"module": "sessions", "party": "IN*CPO"})["rejected"]
    [told] = [each for each in listed if each["key"] == key]
    assert (told["object_id"], told["tries"]) == ("IN*CPO*E2E-REFUSED", 2)
    assert "status" in told["reason"]
    result = stack.invoke("replay_rejected", {"key": key})
    assert (result["accepted"], result["rejected"]) == (0, 1)
    assert key in rejected(stack)
    # The operator mends what the CPO sent.
    mended = {**rejected(stack)[key], "body": json.dumps({**value, "status": "ACTIVE"})}
    s3(stack).put_object(Bucket=stack.buckets["rejected"], Key=key, Body=json.dumps(mended).encode())
    assert stack.invoke("replay_rejected", {"module": "sessions"})["accepted"] == 1
    assert key not in rejected(stack)
    assert push(stack, token, "GET", path_of(value)).envelope["data"]["status"] == "ACTIVE"


def test_what_is_no_text_is_kept_byte_for_byte(stack: Stack, token: str) -> None:
    """API Gateway would make text of it, and damage it, if the template did not say that bodies are bytes."""
    path = path_of(session("E2E-BYTES"))
    sent = [json.dumps(session("E2E-BYTES", location_id="Café")).replace("\\u00e9", "é").encode("latin-1")]
    sent.append(gzip.compress(json.dumps(session("E2E-BYTES")).encode(), mtime=0))
    for body in sent:
        assert push(stack, token, "PUT", path, body).http_status == 400
    kept = [each.get("body_base64") for each in rejected(stack).values() if each["path"] == path]
    assert sorted(base64.b64decode(each) for each in kept) == sorted(sent)


def test_a_change_that_makes_no_event_is_parked_and_redriven(stack: Stack, token: str) -> None:
    value = session("E2E-PARKED")
    push(stack, token, "PUT", path_of(value), value)
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    key = {"object_key": {"S": "IN#CPO#E2E-PARKED"}}
    dynamodb.update_item(
        TableName=stack.tables["sessions"],
        Key=key,
        UpdateExpression="SET received_at = :spoiled",
        ExpressionAttributeValues={":spoiled": {"S": "some time ago"}},
    )
    key_of_parked = waited_for(stack, "publish_changes")
    bucket = stack.buckets["large_bodies"]
    kept = s3(stack).get_object(Bucket=bucket, Key=key_of_parked)["Body"].read()
    document = json.loads(gzip.decompress(kept))
    [record] = json.loads(document["payload"])["Records"]
    assert record["dynamodb"]["NewImage"]["received_at"] == {"S": "some time ago"}
    told = stack.invoke("redrive_changes", {})
    assert told["left"] >= 1, "link_session parks it too, if it is brought it"
    assert told["complete"]

    record["dynamodb"]["NewImage"]["received_at"] = {"S": "2026-11-22T10:00:00+00:00"}
    record["dynamodb"]["NewImage"]["body"] = {"S": json.dumps({**value, "kwh": 77})}
    document["payload"] = json.dumps({"Records": [record]})
    s3(stack).put_object(Bucket=bucket, Key=key_of_parked, Body=json.dumps(document).encode())
    with tap(stack) as events:
        assert stack.invoke("redrive_changes", {})["redriven"] >= 1
        event = events.wait_for("Session Updated", "E2E-PARKED")
    assert event["detail"]["event_id"] == record["eventID"]
    dynamodb.delete_item(TableName=stack.tables["sessions"], Key=key)


def waited_for(stack: Stack, function: str) -> str:
    """The key of what a function has parked."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = s3(stack).list_objects_v2(Bucket=stack.buckets["large_bodies"], Prefix="parked/")
        for each in found.get("Contents", []):
            if function in each["Key"]:
                return str(each["Key"])
        time.sleep(0.3)
    raise TimeoutError("nothing was parked")


def rejected(stack: Stack, module: str = "sessions") -> dict[str, Any]:
    bucket = stack.buckets["rejected"]
    pages = s3(stack).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{module}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return {key: json.loads(s3(stack).get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys}


def s3(stack: Stack) -> Any:
    return boto3.client("s3", **stack.client_settings)


def test_a_push_that_was_refused_is_told_to_the_bus_and_can_be_dismissed(stack: Stack, token: str) -> None:
    value = cdr("E2E-DISMISSED", currency=None)
    with tap(stack) as events:
        assert push(stack, token, "POST", "/ocpi/2.2.1/cdrs", value).status_code == 2001
        event = events.wait_for("Push Rejected", "E2E-DISMISSED")
    key = event["detail"]["object"]["key"]
    assert key in rejected(stack, "cdrs")
    told = stack.invoke("dismiss_rejected", {"key": key, "reason": "a test"})
    assert told["dismissed"]["reason"] == "a test"
    assert stack.invoke("replay_rejected", {"key": key})["dismissed"] == 1
    assert rejected(stack, "cdrs")[key]["dismissed"]["reason"] == "a test"
