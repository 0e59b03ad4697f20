"""What a stream's reader could not deal with is brought to it again: whole, and while there is time."""

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from emsp.deadline import Deadline
from emsp.events import publish_changes, stream_batch
from emsp.events import redrive_changes as use_case
from emsp.stores.other_functions import FunctionFailed
from tests.integration.house import House
from tests.integration.samples import cdr, path_of, session
from tests.integration.streams import Streams, Tap

BUCKET = "large-bodies"
LAMBDAS_KEY = "aws/lambda/5f3c/shardId-1/2026/11/22/2026-11-22T10.00.00-{}"


@pytest.fixture(scope="module")
def tap(built_house: House) -> Tap:
    return Tap()


@pytest.fixture
def streams(house: House, tap: Tap) -> Streams:
    read = Streams()
    tap.events()
    return read


@pytest.fixture
def redrive(house: House, streams: Streams, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs redrive_changes, which calls our handlers as Lambda would."""
    app = house.app("redrive_changes")
    messages = app.redrive_changes.failed

    def call(function: str, event: dict[str, Any]) -> dict[str, Any]:
        name = function.rpartition(":")[2].removeprefix("emsp-")
        answer: dict[str, Any] = house.app(name).handler(json.loads(json.dumps(event)), None)
        return answer

    def run(seconds: Iterator[float] | None = None) -> dict[str, Any]:
        left = repeat(900.0) if seconds is None else seconds
        answer: dict[str, Any] = use_case.RedriveChanges(messages, call)(Deadline(0.0, lambda: -next(left)))
        return answer

    return run


def given_up(house: House, number: int, function: str, records: list[dict[str, Any]]) -> str:
    """A batch as Lambda writes it when its retries end."""
    key = LAMBDAS_KEY.format(number)
    document = {
        "requestContext": {
            "requestId": "1",
            "functionArn": f"arn:aws:lambda:ap-south-1:123456789012:function:emsp-{function}",
            "condition": "RetryAttemptsExhausted",
        },
        "DDBStreamBatchInfo": {"shardId": "shardId-1"},
        "payload": json.dumps({"Records": records}),
    }
    house.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())
    return key


def kept(house: House) -> list[str]:
    found = house.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [each["Key"] for each in found if each["Key"].startswith(("aws/", "parked/"))]


def push(house: House, session_id: str) -> None:
    value = session(session_id)
    assert house.call("PUT", path_of(value), value).status_code == 1000


def test_a_batch_that_lambda_gave_up_is_redriven_whole_though_its_stream_is_gone(
    house: House, streams: Streams, tap: Tap, redrive: Callable[..., dict[str, Any]]
) -> None:
    for number in range(3):
        push(house, f"S-{number}")
    records = streams.records()
    given_up(house, 1, "publish_changes", records)
    assert redrive() == {"redriven": 1, "left": 0, "complete": True}
    assert [event["detail"]["event_id"] for event in tap.events()] == [each["eventID"] for each in records]
    assert kept(house) == []
    assert redrive() == {"redriven": 0, "left": 0, "complete": True}


@pytest.mark.parametrize("reader", ["publish_changes", "link_session", "resume_workflow", "check_cdr"])
def test_every_reader_of_a_stream_is_brought_what_it_parked(
    house: House, streams: Streams, redrive: Callable[..., dict[str, Any]], reader: str
) -> None:
    if reader == "check_cdr":
        house.call("POST", "/ocpi/2.2.1/cdrs", cdr())
    else:
        push(house, "S-1")
    table = "cdrs" if reader == "check_cdr" else "sessions"
    record = next(each for each in streams.records() if f"table/{table}/" in each["eventSourceARN"])
    bad = json.loads(json.dumps(record))
    image = {name: each for name, each in bad["dynamodb"]["NewImage"].items() if not name.startswith("body")}
    bad["dynamodb"]["NewImage"] = {**image, "body": {"S": "[["}, "x": {"S": "x" * 300_000}}
    assert house.app(reader).handler({"Records": [bad]}, None) == {"batchItemFailures": []}
    assert kept(house) == [f"parked/{reader}/{record['eventID']}.json.gz"]
    assert redrive() == {"redriven": 0, "left": 1, "complete": True}, "it is still no good"
    assert len(kept(house)) == 1, "and it is still there, once"

    whole = json.loads(gzip.decompress(house.s3.get_object(Bucket=BUCKET, Key=kept(house)[0])["Body"].read()))
    assert json.loads(whole["payload"]) == {"Records": [bad]}, "with its images, however large"
    [key] = kept(house)
    mended = {**whole, "payload": json.dumps({"Records": []})}
    house.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(mended).encode())
    assert redrive()["left"] == 0
    assert kept(house) == []


def test_what_fails_again_stays_and_can_be_seen_at_once(
    house: House, streams: Streams, redrive: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    push(house, "S-1")
    records = streams.records()
    given_up(house, 1, "publish_changes", records)

    def refused(*_: object, **__: object) -> list[str]:
        raise FunctionFailed("emsp-publish_changes raised: out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(house.app("publish_changes"), "handler", refused)
        assert redrive() == {"redriven": 0, "left": 1, "complete": True}
    assert redrive() == {"redriven": 1, "left": 0, "complete": True}


def test_it_begins_nothing_for_which_there_is_no_time_and_says_so(
    house: House, streams: Streams, redrive: Callable[..., dict[str, Any]]
) -> None:
    """Looked at before each page, and before each call: here for one page of two, and one call."""
    push(house, "S-1")
    records = streams.records()
    for number in range(2):
        given_up(house, number, "publish_changes", records)
    told = redrive(chain([900.0, 900.0], repeat(300.0)))
    assert told == {"redriven": 1, "left": 1, "complete": False}
    assert redrive() == {"redriven": 1, "left": 0, "complete": True}


@pytest.mark.parametrize("reader", ["publish_changes", "link_session"])
def test_a_batch_for_which_one_call_has_no_time_is_finished_by_more(
    house: House, streams: Streams, tap: Tap, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (publish_changes, stream_batch):
        monkeypatch.setattr(module, "half_of_the_time", lambda: lambda: True)
    for number in range(3):
        push(house, f"S-{number}")
    records = streams.records()
    given_up(house, 1, reader, records)
    calls = []

    def call(_: str, event: dict[str, Any]) -> dict[str, Any]:
        calls.append(len(event["Records"]))
        answer: dict[str, Any] = house.app(reader).handler(json.loads(json.dumps(event)), None)
        return answer

    messages = house.app("redrive_changes").redrive_changes.failed
    told = use_case.RedriveChanges(messages, call)(Deadline.after(900))
    assert (told, calls) == ({"redriven": 1, "left": 0, "complete": True}, [3, 2, 1])
    published = [each["eventID"] for each in records] if reader == "publish_changes" else []
    assert [event["detail"]["event_id"] for event in tap.events()] == published


def test_an_object_that_is_none_of_ours_stays_for_a_person(
    house: House, redrive: Callable[..., dict[str, Any]]
) -> None:
    house.s3.put_object(Bucket=BUCKET, Key=LAMBDAS_KEY.format(1), Body=b'{"hello": 1}')
    assert redrive() == {"redriven": 0, "left": 1, "complete": True}
    assert len(kept(house)) == 1
