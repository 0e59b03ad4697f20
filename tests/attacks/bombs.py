"""Documents made to be expensive, and what our side does with them. Run by bounded.py, in children."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from emsp.deadline import Deadline
from emsp.drivers.pseudonymize_driver import Person
from emsp.hub.errors import MalformedAnswer, RequestTrace
from emsp.hub.transport import Transport
from emsp.ocpi.cdrs import CDR
from emsp.ocpi.json_text import MAX_DEPTH, MAX_VALUES
from emsp.ocpi.locations import Location
from emsp.ocpi.sessions import Session
from emsp.ocpi.tariffs import Tariff
from tests.integration import samples
from tests.integration.house import House, house

PUSHED: Final[dict[str, type[BaseModel]]] = {"session": Session, "cdr": CDR}
PULLED: Final[dict[str, type[BaseModel]]] = {"locations": Location, "tariffs": Tariff}

_houses: list[House] = []


@contextmanager
def prepared() -> Iterator[None]:
    """Our functions on moto, warm."""
    with house() as made:
        _houses.append(made)
        push("session", [], "{}", 1)
        push("cdr", [], "{}", 1)
        made.empty()
        yield


def models_in(annotation: Any) -> Iterator[tuple[type[BaseModel] | None, bool]]:
    """The models that a field's annotation names, and whether it is a list of them; None for a list of
    others.
    """
    origin = get_origin(annotation)
    if origin is tuple:
        member = get_args(annotation)[0]
        found = [model for model, _ in models_in(member)]
        yield (found[0] if found else None), True
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, False
    else:
        for argument in get_args(annotation):
            if argument is not Ellipsis:
                yield from models_in(argument)


def list_fields(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of each list in a model, and of each in its lists' members."""
    for name, field in model.model_fields.items():
        for inner, is_list in models_in(field.annotation):
            if is_list:
                yield (*path, name, "*")
            if inner is not None:
                yield from list_fields(inner, (*path, name, "*") if is_list else (*path, name))


def with_list(path: list[str], member: str, count: int) -> dict[str, Any]:
    """Fields that lead to a list of `count` members at that path; the members' text is put in later."""
    value: Any = "@"
    for step in reversed(path[:-1] if path and path[-1] == "*" else path):
        value = [value] if step == "*" else {step: value}
    return value if isinstance(value, dict) else {}


def document(kind: str, path: list[str], member: str, count: int) -> bytes:
    """A push that is right but for one list."""
    right = samples.session() if kind == "session" else samples.cdr()
    text = json.dumps({**right, **with_list(path, member, count)})
    return text.replace('"@"', "[" + ",".join([member] * count) + "]").encode()


def push(kind: str, path: list[str], member: str, count: int) -> Any:
    """What is answered to it."""
    return pushed(kind, document(kind, path, member, count))


def pushed(kind: str, raw: bytes) -> Any:
    """Status codes of the answer, and how many pushes are kept as rejected."""
    made = _houses[0]
    method, path = (
        ("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1") if kind == "session" else ("POST", "/ocpi/2.2.1/cdrs")
    )
    answer = made.call(method, path, raw=raw, base64_body=True)
    return [answer.http_status, answer.envelope["status_code"], len(made.rejected())]


WRITTEN: Final[dict[str, Callable[[], str]]] = {
    "deep lists": lambda: "[" * 200_000 + "]" * 200_000,
    "deep objects": lambda: '{"a":' * 200_000 + "1" + "}" * 200_000,
    "as deep as allowed": lambda: "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1),
    "a long string": lambda: '"' + "x" * 4_000_000 + '"',
    "a long string of a high plane": lambda: '"\U0001f600' + "x" * 3_900_000 + '"',
    "a long string of control characters": lambda: '"' + "\\u0001" * 600_000 + '"',
    "a long fraction": lambda: "0." + "1" * 4_000_000,
    "a long number": lambda: "1" * 4_000_000,
    "a large exponent": lambda: "1e999999999",
    "many unknown fields": lambda: "{" + ",".join(f'"{n:x}":0' for n in range(MAX_VALUES - 100)) + "}",
    "many equal names": lambda: "{" + ",".join(['"a":{"":1.1}'] * (MAX_VALUES // 3)) + "}",
    "many fractions": lambda: "[" + ",".join(["1.1"] * (MAX_VALUES - 100)) + "]",
    "many small objects": lambda: "[" + ",".join(['{"":1.1}'] * (MAX_VALUES // 2 - 100)) + "]",
    "more values than are read": lambda: "[" + ",".join(["{}"] * 2 * MAX_VALUES) + "]",
}
"""What one field of a push may hold."""

STRANGE: Final = tuple(WRITTEN)


def push_strange(kind: str, field: str, name: str) -> Any:
    """A push with that in one of its fields."""
    right = samples.session() if kind == "session" else samples.cdr()
    return pushed(kind, json.dumps({**right, field: "@"}).replace('"@"', WRITTEN[name]()).encode())


def patch_periods(count: int) -> Any:
    """A session that gets so many periods in one PATCH, twice."""
    made = _houses[0]
    assert push("session", [], "{}", 1)[1] == 1000
    periods = [
        samples.period(1) | {"start_date_time": f"2026-11-22T10:01:00.{number:06}Z"}
        for number in range(count)
    ]
    value = {"last_updated": "2026-11-22T11:00:00Z", "charging_periods": periods}
    first = made.call("PATCH", "/ocpi/2.2.1/sessions/IN/CPO/S-1", value)
    again = made.call("PATCH", "/ocpi/2.2.1/sessions/IN/CPO/S-1", value)
    kept = made.stored_object("sessions", "IN#CPO#S-1").get("charging_periods", [])
    return [first.envelope["status_code"], again.envelope["status_code"], len(kept)]


def packed(megabytes: int) -> bytes:
    """So many MB as gzip makes them small, never whole in memory."""
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()])


def forget(signed: str) -> Any:
    """A CDR of the driver who is forgotten, with that as signed_data; whether it still says who that was."""
    value = samples.cdr(signed_data={"encoding_method": "OCMF", "signed_values": [{"signed_data": signed}]})
    person = Person("X", uids={"TOKEN1"}, contract_ids={"IN-EMS-C00000001"})
    texts = person.forgotten_in({"body": json.dumps(value)})
    return ["TOKEN1" in texts["body"], "IN-EMS-C00000001" in texts["body"]]


def forget_gzip(megabytes: int) -> Any:
    """With so many MB that gzip made small."""
    return forget(base64.b64encode(packed(megabytes)).decode())


def forget_texts_in_texts(levels: int) -> Any:
    """With JSON in Base64 in JSON, each as deep as is read."""
    text = "TOKEN1"
    for _ in range(levels):
        deep = "[" * 90 + json.dumps({"signed_data": text}) + "]" * 90
        text = base64.b64encode(deep.encode()).decode()
    return forget(text)


def hub_answers(encoding: str, megabytes: int) -> Any:
    """What becomes of an answer of the Hub that is small until it is unpacked."""
    content = packed(megabytes)
    for _ in encoding.split(",")[1:]:
        content = gzip.compress(content)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(content)

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            Transport().send(
                f"http://127.0.0.1:{server.server_port}/",
                headers={},
                body=None,
                trace=RequestTrace("GET", "/", "1", "1"),
                deadline=Deadline.after(20),
                bytes_at_most=2**20,
            )
        except MalformedAnswer as error:
            return type(error).__name__
        finally:
            server.shutdown()
    return "read"
