"""A DynamoDB that knows the CDRs of a very full month, by day and by key, and no disputes."""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.pricing.check_claim import CheckRules, check
from tests.benchmarks.charges.work import cdr_of, tariff_of

MONTH: Final = "2026-10"
DAYS: Final = 31
PERIODS: Final = 20
ELEMENTS: Final = 5
PAGE: Final = 150
"""Items of a page: with bodies and checks, about what 1 MB holds."""


@cache
def body() -> JsonObject:
    """A CDR of 20 periods with its tariff; ids and times are put in by item()."""
    return {**cdr_of(PERIODS), "tariffs": [tariff_of(ELEMENTS)]}


@cache
def checked(*, right: bool) -> bytes:
    wrong: JsonObject = {"total_cost": {"excl_vat": 99_999, "incl_vat": 117_999}}
    cdr = body() if right else {**body(), **wrong}
    found = check(cdr, (), "Asia/Kolkata", CheckRules())
    return gzip.compress(dump_json(found.as_json()).encode(), mtime=0)


def item(day: int, number: int, *, whole: bool) -> dict[str, Any]:
    """One in ten is overcharged."""
    second = number % 86_400
    ended = f"{MONTH}-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000000Z"
    cdr_id = f"CDR-{day:02}-{number:07}"
    links = {
        "object_key": f"IN#ABC#{cdr_id}",
        "end_date_time": ended,
        "received_at": f"{MONTH}-{day:02}T12:00:00+00:00",
        "session_key": f"IN#ABC#S-{cdr_id}",
    }
    told: dict[str, Any] = {name: {"S": value} for name, value in links.items()}
    if whole:
        value = {**body(), "id": cdr_id, "session_id": f"S-{cdr_id}", "end_date_time": ended}
        told |= {
            "body": {"S": dump_json(value)},
            "content_hash": {"S": "0" * 64},
            "last_updated": {"S": ended},
        }
        told["check_gz"] = {"B": base64.b64encode(checked(right=number % 10 > 0)).decode()}
    return told


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    a_day = 0

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        match asked:
            case {"RequestItems": wanted}:
                answer = _named(wanted)
            case {"Key": _}:
                answer = {}  # no dispute was opened
            case _:
                answer = self._of_a_day(asked)
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _of_a_day(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = asked["ExpressionAttributeValues"]
        low, high = values[":start"]["S"], values[":end"]["S"]
        day = int(values[":day"]["S"][-2:]) if values[":day"]["S"].startswith(MONTH) else 0
        whole = "ProjectionExpression" not in asked
        first = int(asked["ExclusiveStartKey"]["at"]["N"]) if "ExclusiveStartKey" in asked else 0
        last = min(first + (PAGE if whole else 4 * PAGE), self.a_day)
        step = 86_400 // max(1, self.a_day)
        items = [item(day, number * step, whole=whole) for number in range(first, last)] if day else []
        answer: dict[str, Any] = {
            "Items": [each for each in items if low <= each["end_date_time"]["S"] <= high]
        }
        if day and last < self.a_day:
            answer["LastEvaluatedKey"] = {"at": {"N": str(last)}}
        return answer

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _named(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer of BatchGetItem."""
    [(table, wanted)] = asked.items()
    keys = [each["object_key"]["S"].rsplit("-", 2) for each in wanted["Keys"]]
    return {"Responses": {table: [item(int(day), int(number), whole=True) for _, day, number in keys]}}


def _serve(cdrs: int, told: Connection) -> None:
    _Answers.a_day = cdrs // DAYS
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        told.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def dynamodb_with(cdrs: int) -> Iterator[str]:
    """Its URL. It runs in a process of its own, whose work is not counted."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(cdrs, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
