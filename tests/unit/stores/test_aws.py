"""Our boto3 clients, and what becomes of their errors, against a server that answers, refuses, hangs up and
keeps silent as it is told.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emsp.stores import aws
from emsp.stores.pushed_objects import PushedObjects
from emsp.stores.table import (
    ConditionFailed,
    LargeBodies,
    StoreUnavailable,
    cancellation_reasons,
    store_errors,
)
from emsp.timeouts import AWS_BULK_CALL, AWS_CALL, OTHER_FUNCTION, TRANSACTION_CONFLICT, AwsTimeouts, Tries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HANG_UP = 0
SILENCE = -1
REFUSED = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
MET = "com.amazonaws.dynamodb.v20120810#TransactionConflictException"
THROTTLED = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
CANCELLED = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"


@dataclass
class Aws:
    """`answers` are given in turn: (status, document), or HANG_UP, or SILENCE; then 200 with {} for ever."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)

    def client(self, read_timeout_s: float = AWS_CALL.read_s) -> "DynamoDBClient":
        config = aws._config(AwsTimeouts(AWS_CALL.connect_s, read_timeout_s, AWS_CALL.tries), 10)
        return boto3.client("dynamodb", endpoint_url=self.url, config=config)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    played = Aws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            played.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = played.answers.pop(0) if played.answers else (200, {})
            if answer == SILENCE:
                played.silent.wait(5)
            if answer in (HANG_UP, SILENCE):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, document = answer
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    yield played
    played.silent.set()
    server.shutdown()
    server.server_close()


def read(client: "DynamoDBClient") -> dict[str, Any]:
    with store_errors("reading session IN#ABC#S1"):
        return client.get_item(TableName="sessions", Key={"object_key": {"S": "IN#ABC#S1"}}).get("Item", {})


@pytest.mark.parametrize(
    "fault", [(500, {"__type": "InternalServerError"}), (503, {}), (400, {"__type": THROTTLED}), HANG_UP]
)
def test_a_passing_fault_is_tried_once_more(played: Aws, fault: Any) -> None:
    played.answers = [fault, (200, {"Item": {"object_key": {"S": "k"}}})]
    assert read(played.client()) == {"object_key": {"S": "k"}}
    assert len(played.requests) == 2


@pytest.mark.parametrize(
    "fault", [(500, {"__type": "InternalServerError"}), (400, {"__type": THROTTLED}), HANG_UP]
)
def test_a_lasting_fault_is_told_after_two_tries_and_names_the_object(played: Aws, fault: Any) -> None:
    played.answers = [fault] * 3
    with pytest.raises(StoreUnavailable, match=r"reading session IN#ABC#S1: .*try again"):
        read(played.client())
    assert len(played.requests) == 2


def test_silence_is_told_in_time(played: Aws) -> None:
    played.answers = [SILENCE, SILENCE]
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="ReadTimeoutError"):
        read(played.client(read_timeout_s=0.1))
    assert len(played.requests) == 2
    assert time.monotonic() - began < 3


def test_nobody_there_is_told() -> None:
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        read(Aws("http://127.0.0.1:9").client())


def test_a_condition_that_fails_is_not_tried_again_and_brings_the_item(played: Aws) -> None:
    played.answers = [(400, {"__type": REFUSED, "message": "no", "Item": {"revision": {"N": "4"}}})]
    with pytest.raises(ConditionFailed) as raised:
        read(played.client())
    assert raised.value.item == {"revision": {"N": "4"}}
    assert len(played.requests) == 1


def test_a_cancelled_transaction_tells_why(played: Aws) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    played.answers = [(400, {"__type": CANCELLED, "message": "no", "CancellationReasons": reasons})]
    with pytest.raises(ClientError) as raised:
        played.client().transact_write_items(TransactItems=[])
    assert cancellation_reasons(raised.value) == {"None", "ConditionalCheckFailed"}
    assert len(played.requests) == 1


def pushed(played: Aws) -> PushedObjects:
    return PushedObjects(played.client(), "sessions", LargeBodies("none", aws.s3_client), "session")


def test_a_write_that_meets_a_transaction_is_repeated(played: Aws) -> None:
    played.answers = [(400, {"__type": MET, "message": "busy"})] * 2
    pushed(played).note("IN#ABC#S1", "SET a = :a", {":a": {"S": "1"}})
    assert len(played.requests) == 3


def test_a_write_that_meets_transactions_for_too_long_is_unavailable(played: Aws) -> None:
    played.answers = [(400, {"__type": MET, "message": "busy"})] * 99
    with pytest.raises(StoreUnavailable, match="TransactionConflictException"):
        pushed(played).note("IN#ABC#S1", "SET a = :a", {":a": {"S": "1"}})
    assert len(played.requests) == TRANSACTION_CONFLICT.tries


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"])
def test_a_cancelled_transaction_of_two_objects_is_no_error(played: Aws, reason: str) -> None:
    one = pushed(played).noting("IN#ABC#S1", "SET a = :a", {":a": {"S": "1"}})
    other = {**one, "TableName": "cdrs"}
    reasons = [{"Code": "None"}, {"Code": reason}]
    played.answers = [(400, {"__type": CANCELLED, "message": "no", "CancellationReasons": reasons})]
    assert not pushed(played).write_both("IN#ABC#S1", one, other)
    assert pushed(played).write_both("IN#ABC#S1", one, other)
    assert [each["TransactItems"] for each in played.requests] == [[{"Update": one}, {"Update": other}]] * 2


@pytest.mark.parametrize(
    ("client", "timeouts"),
    [
        (aws.CONFIG, AWS_CALL),
        (aws.BULK_CONFIG, AWS_BULK_CALL),
        (aws.WAITING_CONFIG, OTHER_FUNCTION),
    ],
)
def test_clients_have_their_timeouts_and_tries(client: Any, timeouts: AwsTimeouts) -> None:
    assert client.connect_timeout == timeouts.connect_s
    assert client.read_timeout == timeouts.read_s
    assert client.retries == {"mode": "standard", "total_max_attempts": timeouts.tries}


def test_how_long_one_call_can_take_counts_the_pauses() -> None:
    assert AWS_CALL.seconds_at_most == 7
    assert AwsTimeouts(connect_s=1, read_s=1, tries=7).seconds_at_most == 14 + 1 + 2 + 4 + 8 + 16 + 20


def test_pauses_double_up_to_the_longest() -> None:
    tries = Tries(5, pause_s=0.05, longest_pause_s=0.15)
    assert [tries.pause_after(failed) for failed in (1, 2, 3, 4)] == [0.05, 0.1, 0.15, 0.15]
    assert Tries(8).pause_after(3) == 0
