"""The entry of every HTTP handler: it authenticates, calls the operation, and writes the answer in OCPI's
envelope.

It converts errors to answers.
"""

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

from emsp.log import log, new_invocation
from emsp.metrics import Metric, count
from emsp.ocpi.envelope import envelope
from emsp.ocpi.headers import (
    FROM_COUNTRY_CODE,
    FROM_PARTY_ID,
    TO_COUNTRY_CODE,
    TO_PARTY_ID,
    Headers,
    routing_headers,
)
from emsp.ocpi.json_text import dump_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.ocpi.status_codes import StatusCode
from emsp.receiver.access import check_access
from emsp.receiver.authentication import Authentication, Caller
from emsp.receiver.charset import charset_of
from emsp.receiver.errors import Forbidden, MethodNotAllowed, RequestError, UnknownPath
from emsp.receiver.lost_pushes import is_lost
from emsp.receiver.request import STORED, Answer, Request
from emsp.receiver.routes import ROUTES, route_of

ApiGatewayEvent = Mapping[str, Any]
ApiGatewayAnswer = dict[str, Any]
Operation = Callable[[Request], Answer]

ECHOED_ID_CHARACTERS = 128
LARGE_BODY_BYTES = 2_000_000
"""Bodies of more bytes are logged as a warning. Lambda accepts at most 4.4 MB (6 MB as Base64)."""


def answer_request(
    event: ApiGatewayEvent,
    authentication: Authentication,
    operations: Mapping[str, Operation],
    public_base_url: str | None = None,
    our_party: PartyId | None = None,
) -> ApiGatewayAnswer:
    """Answer an API Gateway proxy event with the operation for its method.

    `operations` maps the HTTP methods of this route to operations. `our_party` is given for modules with
    routing headers. The answer then names us as its sender, even if the request named another party. Before
    the token is verified, an answer reveals nothing about the path, the method or the body. An error that is
    no RequestError is answered with HTTP 500 and 3000, so that the Hub sends the request again.
    """
    began = time.monotonic()
    headers = Headers(event.get("headers") or {})
    ids = _ids(headers)
    method, route = str(event.get("httpMethod", "")), _route(event)
    new_invocation(request_id=ids.request, correlation_id=ids.correlation, method=method, route=route)
    try:
        caller = authentication.authenticate(headers.get("Authorization"))
        log.append_keys(token_id=caller.token_id)
        answer = _performed(caller, _request(event, headers, caller, ids, public_base_url), route, operations)
    except RequestError as error:
        _log_refusal(error, method, route, began)
        answer = Answer(http_status=error.http_status, headers=error.headers)
        text = _envelope_text(answer, error.status_code, str(error))
    except Exception:  # noqa: BLE001  the Hub must get an envelope and send the request again
        log.exception("failed", outcome="failed", milliseconds=_milliseconds_since(began))
        answer = Answer(http_status=HTTPStatus.INTERNAL_SERVER_ERROR)
        text = _envelope_text(
            answer, StatusCode.SERVER_ERROR, "the request could not be processed, try again later"
        )
    else:
        _log_answer(answer, began)
        text = _envelope_text(answer, StatusCode.SUCCESS, None)
    echoed = {"X-Request-ID": ids.request, "X-Correlation-ID": ids.correlation}
    return _proxy_answer(answer, text, echoed | _routed_back(headers, our_party))


def _proxy_answer(answer: Answer, text: str, headers: Mapping[str, str]) -> ApiGatewayAnswer:
    return {
        "statusCode": int(answer.http_status),
        "headers": {"Content-Type": "application/json", **headers, **answer.headers},
        "body": text,
        "isBase64Encoded": False,
    }


class _Ids(NamedTuple):
    request: str
    correlation: str


def _ids(headers: Headers) -> _Ids:
    """Return the ids of the request, or new ones if it has none."""
    request_id = _echoed(headers.get("X-Request-ID")) or str(uuid4())
    return _Ids(request_id, _echoed(headers.get("X-Correlation-ID")) or request_id)


def _performed(caller: Caller, request: Request, route: str, operations: Mapping[str, Operation]) -> Answer:
    """Return the answer of the operation, if it exists and the caller may use it."""
    called = route_of(route, request.path)
    operation = _operation(request.method, called, operations)
    check_access(caller, called, request.method, request.path_parameters)
    _log_request(request)
    return operation(request)


def _request(
    event: ApiGatewayEvent, headers: Headers, caller: Caller, ids: _Ids, public_base_url: str | None
) -> Request:
    """Return the request in an API Gateway event, with its authenticated caller."""
    path = called_path(event)
    return Request(
        method=str(event.get("httpMethod", "")),
        path=path,
        path_parameters=_path_parameters(event),
        headers=headers,
        body=_body(event, headers),
        received_at=datetime.now(UTC),
        request_id=ids.request,
        correlation_id=ids.correlation,
        base_url=public_base_url or _base_url(event, path),
        caller=caller,
    )


def _log_request(request: Request) -> None:
    """Log the request without its body. Count a body that is nearly too large for Lambda."""
    headers = request.headers
    log.append_keys(**_object_in_path(request.path_parameters))
    log.debug(
        "received",
        body_bytes=len(request.body),
        content_type=headers.get("Content-Type"),
        user_agent=headers.get("User-Agent"),
        from_party=f"{headers.get('OCPI-from-country-code')}*{headers.get('OCPI-from-party-id')}",
    )
    if len(request.body) > LARGE_BODY_BYTES:
        log.warning("a body nears the 4.4 MB that can be received", body_bytes=len(request.body))
        count(Metric.LARGE_BODIES)


def _log_refusal(error: RequestError, method: str, route: str, began: float) -> None:
    """Log the error with which a request is rejected, and count it."""
    if isinstance(error, Forbidden):
        count(Metric.FORBIDDEN_CALLS)
    log.warning(
        "refused",
        outcome="refused",
        error=type(error).__name__,
        reason=str(error)[:500],
        milliseconds=_milliseconds_since(began),
    )
    if is_lost(error, method, route):
        count(Metric.PUSHES_REFUSED)


def _log_answer(answer: Answer, began: float) -> None:
    """Log a successful answer, and count a push that was stored."""
    log.info(
        "answered",
        http_status=answer.http_status,
        outcome=answer.outcome,
        milliseconds=_milliseconds_since(began),
    )
    if answer.outcome == STORED:
        count(Metric.PUSHES_STORED)


def called_path(event: ApiGatewayEvent) -> str:
    """Return the path, `/ocpi/...`, still percent-encoded, built from the resource and its parameters.

    The event's own `path` is not used, because it begins with the base path mapping of a custom domain.
    """
    path = _route(event)
    for name, value in (event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", str(value)).replace(f"{{{name}+}}", str(value))
    return path


def _operation(method: str, route: str | None, operations: Mapping[str, Operation]) -> Operation:
    """Return the operation for this method of this route. Raises UnknownPath and MethodNotAllowed."""
    if route is not None and method not in ROUTES[route]:
        allowed = ", ".join(ROUTES[route])
        raise MethodNotAllowed(f"{method[:10]} is not served here, only {allowed}", {"Allow": allowed})
    operation = operations.get(method)
    if route is None or operation is None:
        raise UnknownPath("there is nothing at this path")
    return operation


def _envelope_text(answer: Answer, status_code: int, message: str | None) -> str:
    now = datetime.now(UTC)
    if answer.as_text is None:
        return dump_json(envelope(answer.data, status_code, message, now=now))
    around = dump_json(envelope(None, status_code, message, now=now))
    return f'{{"data":{answer.as_text}{around.removeprefix('{"data":null')}'


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _object_in_path(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the log keys that identify the object in the path."""
    match parameters:
        case {"command_id": command_id}:
            return {"command_id": command_id[:ECHOED_ID_CHARACTERS]}
        case {"country_code": country_code, "party_id": party_id, **rest} if len(rest) == 1:
            [object_id] = rest.values()
            return {"object_key": object_key(country_code, party_id, object_id)[:ECHOED_ID_CHARACTERS]}
    return {}


def _echoed(identifier: str | None) -> str | None:
    """Return the Hub's id if it fits in a header and a log line, or else None."""
    if (
        identifier
        and len(identifier) <= ECHOED_ID_CHARACTERS
        and identifier.isascii()
        and identifier.isprintable()
    ):
        return identifier
    return None


def _routed_back(headers: Headers, our_party: PartyId | None) -> dict[str, str]:
    """Return the routing headers of the answer: from us to the sender of the request.

    Source: OCPI 2.2.1, transport_and_format, Message Routing Headers.
    """
    turned = {
        TO_COUNTRY_CODE: _echoed(headers.get(FROM_COUNTRY_CODE)),
        TO_PARTY_ID: _echoed(headers.get(FROM_PARTY_ID)),
    }
    to = {name: value for name, value in turned.items() if value}
    is_routed = bool(to) or TO_PARTY_ID in headers
    return to | (routing_headers(our_party, None) if our_party and is_routed else {})


def _path_parameters(event: ApiGatewayEvent) -> dict[str, str]:
    """Return the percent-decoded path parameters. Bytes that are not UTF-8 become replacement characters."""
    parameters: Mapping[str, str] = event.get("pathParameters") or {}
    return {name: unquote(value).encode(errors="replace").decode() for name, value in parameters.items()}


def _route(event: ApiGatewayEvent) -> str:
    return str(event.get("resource") or "unknown")


def _body(event: ApiGatewayEvent, headers: Headers) -> bytes:
    """Return the bytes of the body as they were sent. API Gateway passes them as Base64 or as decoded
    text.
    """
    body = str(event.get("body") or "")
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return body.encode("utf-8", errors="surrogatepass")
    try:
        return body.encode(charset_of(headers) or "utf-8")
    except (LookupError, UnicodeError):
        return body.encode("utf-8", errors="surrogatepass")


def _base_url(event: ApiGatewayEvent, path: str) -> str | None:
    """Return `https://{domain}{stage or mapping}`, or None.

    The domain is that of API Gateway, not that of a Host header.
    """
    context = event.get("requestContext") or {}
    domain, whole = context.get("domainName"), str(context.get("path") or "").rstrip("/")
    called = path.rstrip("/")
    return f"https://{domain}{whole.removesuffix(called)}" if domain and whole.endswith(called) else None
