"""A large session that is gone takes its bodies along, by the deployed filter of the stream and the role.
DynamoDB's own clock is played by deleting the item.
"""

import time
from collections.abc import Iterator

import boto3
import pytest

from tests.e2e.inbound import live_token, push
from tests.integration.drivers.driver import LARGE_TEXT
from tests.integration.samples import path_of, session
from tests.local_cloud.stack import Stack

SESSION_ID = f"GONE-{time.time_ns()}"


@pytest.fixture
def token(stack: Stack) -> Iterator[str]:
    with live_token(stack, SESSION_ID) as token:
        yield token


def bodies(stack: Stack) -> int:
    s3 = boto3.client("s3", **stack.client_settings)
    found = s3.list_objects_v2(Bucket=stack.buckets["large_bodies"], Prefix=f"sessions/IN/CPO/{SESSION_ID}/")
    return len(found.get("Contents", []))


def test_a_session_that_is_gone_leaves_no_body(stack: Stack, token: str) -> None:
    first = session(SESSION_ID, notes=LARGE_TEXT)
    second = session(SESSION_ID, at="2026-11-22T11:00:00Z", notes=LARGE_TEXT + "more")
    for value in (first, second):
        assert push(stack, token, "PUT", path_of(value), value).status_code == 1000
    assert bodies(stack) == 2
    boto3.client("dynamodb", **stack.client_settings).delete_item(
        TableName=stack.tables["sessions"], Key={"object_key": {"S": f"IN#CPO#{SESSION_ID}"}}
    )
    deadline = time.monotonic() + 30
    while bodies(stack):
        assert time.monotonic() < deadline, "publish_changes removes them"
        time.sleep(0.5)
