"""Pushes as a Hub under load sends them: many senders, repeated, tried again until acknowledged."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue
from urllib.parse import urlsplit

import boto3

from tests.local_cloud.stack import Stack

TRIES = 60


BUSY = 429
"""The local cloud answers so, outside our envelope, where as many Lambdas run as it allows: send it again."""


@dataclass(frozen=True)
class Push:
    """One push; `body` is what goes over the wire."""

    method: str
    path: str
    body: str


@dataclass
class Storm:
    """Sends pushes with `senders` threads, each with its own connection, and counts what comes back."""

    api_url: str
    token: str
    senders: int = 20
    answers: Counter[tuple[int, int]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, pushes: list[Push]) -> None:
        """Returns when every push was acknowledged. `problems` tells of those that never were."""
        waiting: Queue[tuple[Push, int]] = Queue()
        for push in pushes:
            waiting.put((push, 0))
        threads = [threading.Thread(target=self._work, args=(waiting,)) for _ in range(self.senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, waiting: "Queue[tuple[Push, int]]") -> None:
        connection = self._connection()
        while True:
            try:
                push, tries = waiting.get(timeout=0.5)
            except Empty:
                connection.close()
                return
            try:
                status, body = self._exchange(connection, push)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = self._connection()
                status, body = 599, b'{"status_code": 3000}'
            done = self._note(push, status, body)
            if done:
                continue
            if tries == TRIES:
                self.problems.append(f"{push.method} {push.path} was never acknowledged, last with {status}")
                continue
            time.sleep(random.uniform(0.05, 0.3))
            waiting.put((push, tries + 1))

    def _note(self, push: Push, status: int, body: bytes) -> bool:
        """True when the Hub may forget the push."""
        try:
            code = int(json.loads(body)["status_code"])
        except (ValueError, KeyError, TypeError):
            code = 0
        with self.lock:
            self.answers[status, code] += 1
            self.sent += 1
            if status < 500 and code == 0 and status != BUSY:
                self.problems.append(
                    f"{push.method} {push.path}: {status} outside the envelope: {body[:100]!r}"
                )
        # A PATCH of a session that is not here yet comes again after its PUT.
        return status < 500 and status != BUSY and (push.method, status) != ("PATCH", 404)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.api_url).netloc, timeout=60)

    def _exchange(self, connection: http.client.HTTPConnection, push: Push) -> tuple[int, bytes]:
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        path = urlsplit(self.api_url).path + push.path
        connection.request(push.method, path, push.body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def denied(stack: Stack, functions: list[str], actions: list[str]) -> Iterator[None]:
    """The stores are down for these functions: their roles are denied the actions until left."""
    iam = boto3.client("iam", **stack.client_settings)
    lambda_ = boto3.client("lambda", **stack.client_settings)
    roles = {
        lambda_.get_function_configuration(FunctionName=stack.functions[name])["Role"].split("/")[-1]
        for name in functions
    }
    deny = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    for role in roles:
        iam.put_role_policy(
            RoleName=role,
            PolicyName="stores-are-down",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
        )
    try:
        yield
    finally:
        for role in roles:
            iam.delete_role_policy(RoleName=role, PolicyName="stores-are-down")
