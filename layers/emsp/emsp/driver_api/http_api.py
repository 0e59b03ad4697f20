"""The HTTP API for drivers: it identifies the driver, and then calls the route.

Every answer that is no success is a problem (problems.py). Only this file converts errors to problems.
"""

import base64
import binascii
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
    ResponseValidationError,
)

from emsp.deadline import LambdaContext
from emsp.driver_api.driver_of_jwt import Driver, driver_of
from emsp.driver_api.error_to_problem import problem_of
from emsp.driver_api.problems import ProblemFound, Problems, language_of
from emsp.invocation import deadline_of
from emsp.log import log, new_invocation
from emsp.ocpi.json_text import MalformedJson, dump_json, parse_json
from emsp.ocpi.parties import PartyId
from emsp.stores.time_left import begin_invocation

BODY_BYTES_AT_MOST: Final = 20_000
# Powertools would log each refusal with its text, which may quote a request.
logging.getLogger("aws_lambda_powertools.event_handler.api_gateway").setLevel(logging.CRITICAL)

OPENAPI_PATH: Final = "/openapi.json"
ERRORS_AT_MOST: Final = 20
PROBLEM: Final = "application/problem+json"


def new_resolver() -> APIGatewayHttpResolver:
    """Return a resolver without routes. If no route matches, it answers with a problem."""
    resolver = APIGatewayHttpResolver(
        enable_validation=True, response_validation_error_http_code=500, serializer=_json
    )

    @resolver.not_found
    def _nothing_there(_: NotFoundError) -> Response[Any]:
        raise ProblemFound(Problems.NOT_FOUND, "there is no such path, or not with this method")

    def _invalid(error: RequestValidationError) -> Response[Any]:
        raise bad_request(error)

    def _invalid_answer(error: ResponseValidationError) -> Response[Any]:
        raise problem_of(error)

    resolver.exception_handler(RequestValidationError)(_invalid)
    resolver.exception_handler(ResponseValidationError)(_invalid_answer)
    return resolver


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class HttpApi:
    """Answers the events of an API Gateway HTTP API (payload format 2.0)."""

    resolver: APIGatewayHttpResolver
    add_routes: Callable[[str, str], None]
    """Adds to the resolver the routes of a method and a path."""
    claim: str
    our_party: PartyId

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        begin_invocation(context)
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        request = event.get("requestContext") or {}
        new_invocation(request_id=request.get("requestId"), route=event.get("routeKey"))
        language = language_of(headers.get("accept-language", ""))
        try:
            path = called_path(event)
            self.resolver.context.clear()
            self.resolver.context.update(language=language, deadline=deadline_of(context))
            if path != OPENAPI_PATH:
                self.resolver.context["driver"] = driver_of(event, self.claim, self.our_party)
                _check_body(event, headers)
            self.add_routes(str(request.get("http", {}).get("method")), path)
            # With a custom domain, `rawPath` begins with its mapping and not with the stage.
            asked = {**event, "headers": headers, "rawPath": f"/{request.get('stage')}{path}"}
            return self.resolver.resolve(asked, cast("Any", context))
        except Exception as error:  # noqa: BLE001  after any error the app gets a problem
            return _refused(problem_of(error), language)


def caller(resolver: APIGatewayHttpResolver) -> Driver:
    """Return the driver of the request that is being answered."""
    driver: Driver = resolver.context["driver"]
    return driver


def language_asked(resolver: APIGatewayHttpResolver) -> str:
    """Return the language of the request that is being answered."""
    return str(resolver.context["language"])


def called_path(event: Mapping[str, Any]) -> str:
    """Return the path below the stage, built from the route and its parameter.

    The gateway decodes the path. The id of a station is encoded again, because it may contain `/` or `#`.
    """
    proxy = (event.get("pathParameters") or {}).get("proxy")
    if proxy is None:
        return str(event.get("routeKey", "")).partition(" ")[2]
    parts = str(proxy).split("/", 3)
    if parts[0] == "stations" and len(parts) > 3:
        parts[3] = quote(parts[3], safe="")
    return "/" + "/".join(parts)


def bad_request(error: RequestValidationError) -> ProblemFound:
    """Return a problem that names each invalid field by its path, without its value."""
    found = [
        {"path": ".".join(str(part) for part in each["loc"]), "problem": str(each["msg"])[:200]}
        for each in error.errors()[:ERRORS_AT_MOST]
    ]
    detail = "; ".join(f"{each['path']}: {each['problem']}" for each in found)
    return ProblemFound(Problems.BAD_REQUEST, detail, errors=[{**each} for each in found])


def _check_body(event: Mapping[str, Any], headers: dict[str, str]) -> None:
    """Check the size and the type of the body before it is parsed. Raises ProblemFound."""
    body = event.get("body")
    if not body:
        headers.pop("content-type", None)  # Powertools would answer an empty body with an error of its own.
        return
    if headers.get("content-type", "application/json").split(";")[0].strip().lower() != "application/json":
        raise ProblemFound(Problems.UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json")
    if len(body) > BODY_BYTES_AT_MOST:
        raise ProblemFound(Problems.TOO_LARGE, f"the body has more than {BODY_BYTES_AT_MOST} bytes")
    try:
        parse_json(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except (MalformedJson, binascii.Error) as error:
        where: dict[str, Any] = {"path": "body", "problem": str(error)[:200]}
        raise ProblemFound(Problems.BAD_REQUEST, f"body: {error}", errors=[where]) from None


def _refused(found: ProblemFound, language: str) -> dict[str, Any]:
    answered = found.as_json(language)
    log.info("refused", outcome="refused", problem=answered["type"], http_status=answered["status"])
    headers = {"Content-Type": PROBLEM, "Content-Language": language, "Cache-Control": "no-store"}
    if found.retry_after_s is not None:
        headers["Retry-After"] = str(found.retry_after_s)
    return {
        "statusCode": answered["status"],
        "headers": headers,
        "body": dump_json(answered),
        "isBase64Encoded": False,
    }
