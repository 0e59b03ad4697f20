"""Faults on demand: ways in which a Hub, or a gateway before it, answers incorrectly."""

import json
import random
import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import count
from typing import Final

from tests.hub_simulator.envelope import Refusal, dump
from tests.hub_simulator.http_server import Request, Response
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.limits import Limits
from tests.hub_simulator.settings import RetryAfter


class FaultKind(StrEnum):
    """The kind of fault. Those from DELAY on change the correct answer; the others replace it."""

    STATUS = "status"  # http_status and status_code in an envelope
    HTML = "html"  # a gateway's error page, with http_status (502)
    EMPTY = "empty"  # no body, with http_status (200)
    HUGE = "huge"  # an envelope of size_mb
    WRONG_TYPE = "wrong_type"  # an envelope whose data and status_code have the wrong types
    BODY = "body"  # `body` unchanged, with http_status (200)
    REDIRECT = "redirect"  # a redirect to `location`, with http_status (302)
    RATE_LIMITED = "rate_limited"  # 2004, with http_status (429); the wait is delay_s, as retry_after
    DROP = "drop"  # the connection closes without an answer
    DELAY = "delay"  # the correct answer, after delay_s
    SLOW = "slow"  # the correct answer, spread over delay_s
    TRUNCATED = "truncated"  # the connection closes after half of the body
    CUT_JSON = "cut_json"  # half of the body, with the Content-Length of that half
    NOT_ENVELOPED = "not_enveloped"  # the correct data without the envelope
    TRICKLE = "trickle"  # the correct answer, its head line by line with delay_s between
    EARLY_HINTS = "early_hints"  # the correct answer, after interim answers 102 and 103
    HEADERS = "headers"  # `headers` replace those of the correct answer; null removes one


_TRUE_ANSWER: Final = frozenset(
    (
        FaultKind.DELAY,
        FaultKind.SLOW,
        FaultKind.TRUNCATED,
        FaultKind.CUT_JSON,
        FaultKind.NOT_ENVELOPED,
        FaultKind.TRICKLE,
        FaultKind.EARLY_HINTS,
        FaultKind.HEADERS,
    )
)
HTML_PAGE: Final = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
)


@dataclass
class Fault:
    """One fault and when it occurs."""

    kind: FaultKind
    module: str | None = None  # versions, version_details, credentials, authorize, commands, locations, ...
    method: str | None = None  # only requests of this method
    path: str | None = None  # regular expression, searched in path and query
    skip: int = 0  # number of matching requests without the fault, before it occurs
    times: int | None = 1  # how often it occurs; none: until it is deleted
    probability: float = 1.0  # probability that it occurs for a matching request
    processed: bool = False  # the Hub processes the request, and then answers incorrectly
    http_status: int | None = None  # none: the default of the kind
    status_code: int = 3000  # of `status`
    status_message: str = "Injected fault"  # of `status`
    body: str = ""  # of `body`
    headers: dict[str, str | None] = field(default_factory=dict)  # of any kind; null removes one
    location: str = ""  # of `redirect`
    retry_after: RetryAfter = RetryAfter.NONE  # of `rate_limited`: none, seconds or date
    delay_s: float = 1.0  # of `delay`, `slow`, `trickle` and `rate_limited`
    size_mb: int = 20  # of `huge`
    id: int = 0  # set by the Hub
    struck: int = 0  # counted by the Hub

    @property
    def needs_answer(self) -> bool:
        """Whether the Hub must process the request."""
        return self.processed or self.kind in _TRUE_ANSWER

    def matches(self, request: Request, module: str) -> bool:
        """Whether the fault applies to this request."""
        return (
            self.module in (None, module)
            and self.method in (None, request.method)
            and (self.path is None or re.search(self.path, request.target) is not None)
        )


class Faults:
    """The active faults. The first that matches occurs."""

    def __init__(self, limits: Limits) -> None:
        self.all: list[Fault] = []
        self._limits = limits
        self._ids = count(1)

    def add(self, fields: JsonObject) -> Fault:
        """Add a fault. Raises TypeError or ValueError for an unknown field or value."""
        enums = {"kind": FaultKind(fields["kind"])}
        if "retry_after" in fields:
            fields["retry_after"] = RetryAfter(fields["retry_after"])
        fault = Fault(**{**fields, **enums, "id": next(self._ids)})
        self.all.append(fault)
        return fault

    def take(self, request: Request, module: str) -> Fault | None:
        """The fault that occurs for this request, if any."""
        for fault in self.all:
            if not fault.matches(request, module) or fault.times == 0:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if random.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
            fault.struck += 1
            return fault
        return None

    def answer(self, fault: Fault, true: Response | None) -> Response:
        """The incorrect answer. `true` is the correct one, if the fault needs it."""
        status = fault.http_status
        match fault.kind:
            case FaultKind.STATUS:
                refusal = Refusal(fault.status_code, fault.status_message, status or 500)
                response = refusal.response(as_http_200=False)
            case FaultKind.HTML:
                response = Response(status or 502, HTML_PAGE, {"Content-Type": "text/html"})
            case FaultKind.EMPTY:
                response = Response(status or 200, b"")
            case FaultKind.HUGE:
                filler = "x" * (fault.size_mb * 1024 * 1024)
                response = Response(status or 200, dump({"data": filler, "status_code": 1000}))
            case FaultKind.WRONG_TYPE:
                body = {"data": "no object", "status_code": "1000", "timestamp": 5}
                response = Response(status or 200, dump(body))
            case FaultKind.BODY:
                response = Response(status or 200, fault.body.encode())
            case FaultKind.REDIRECT:
                response = Response(status or 302, b"", {"Location": fault.location})
            case FaultKind.RATE_LIMITED:
                limited = self._limits.refusal(fault.delay_s, status or 429, fault.retry_after)
                response = limited.response(as_http_200=False)
            case FaultKind.DROP:
                response = Response(200, b"", drop=True)
            case _:
                assert true is not None
                response = _spoiled(fault, true)
        for name, value in fault.headers.items():
            response.headers = {n: v for n, v in response.headers.items() if n.lower() != name.lower()}
            if value is not None:
                response.headers[name] = value
        return response

    def report(self) -> list[JsonObject]:
        """All faults, including used ones."""
        return [asdict(fault) for fault in self.all]


def _spoiled(fault: Fault, true: Response) -> Response:
    match fault.kind:
        case FaultKind.SLOW:
            true.spread_over_s = fault.delay_s
        case FaultKind.TRICKLE:
            true.header_line_every_s = fault.delay_s
        case FaultKind.EARLY_HINTS:
            true.interim = (102, 103)
        case FaultKind.TRUNCATED:
            true.cut_at = len(true.body) // 2
        case FaultKind.CUT_JSON:
            true.body = true.body[: len(true.body) // 2]
        case FaultKind.NOT_ENVELOPED:
            true.body = dump(json.loads(true.body).get("data"))
        case _:
            pass
    return true
