"""The OpenAPI 3.1 document of the driver's API, from the routes and their models."""

from typing import Any, Final, cast

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

from emsp.driver_api.charge_routes import add_charge
from emsp.driver_api.history_routes import add_history
from emsp.driver_api.http_api import PROBLEM, new_resolver
from emsp.driver_api.me_routes import add_me
from emsp.driver_api.problems import Problems
from emsp.driver_api.reservation_routes import add_reservations
from emsp.driver_api.start_routes import add_start
from emsp.driver_api.station_routes import add_stations
from emsp.driver_api.stop_routes import add_stop

VERSION: Final = "1.0.0"
"""The version of the API. A change that breaks apps gets the path `/v2`."""

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "A problem (RFC 9457), with a message for the driver",
    "type": "object",
    "required": ["type", "title", "status", "detail", "message"],
    "properties": {
        "type": {
            # Other values are allowed, so that a client with this list can read later answers.
            "anyOf": [{"type": "string", "enum": [each.type for each in Problems]}, {"type": "string"}],
            "description": "The stable type. If you do not know it, use the status",
        },
        "title": {"type": "string", "description": "The meaning of the type, for the developer"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The cause in this request, for the developer"},
        "message": {"type": "string", "description": "For the driver, in the language of Accept-Language"},
        "errors": {
            "type": "array",
            "description": "The invalid fields of the request",
            "items": {
                "type": "object",
                "required": ["path", "problem"],
                "properties": {"path": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
UNUSED: Final = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""The schemas of Powertools' own error answers. Our answer is a Problem."""


def _header(name: str, description: str) -> dict[str, Any]:
    text = {"type": "string"}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": text}


ACCEPT_LANGUAGE: Final = _header("Accept-Language", "The language of messages for the driver: en or hi")
IF_NONE_MATCH: Final = _header("If-None-Match", "The ETag of the last answer")
RETRY_AFTER: Final = {
    "Retry-After": {"description": "Seconds before the next request", "schema": {"type": "integer"}}
}
LOCATION: Final = {"Location": {"description": "The URL of the created object", "schema": {"type": "string"}}}
ETAG: Final = {"ETag": {"description": "For If-None-Match of the next request", "schema": {"type": "string"}}}


def document(url: str) -> dict[str, Any]:
    """Return the document of all routes, with the problems and headers of each answer.

    Each `$ref` has its schema, because generators of clients need it.
    """
    resolver, unused = new_resolver(), cast("Any", None)
    add_me(resolver, unused)
    add_start(resolver, unused, unused)
    add_history(resolver, unused, unused)
    add_charge(resolver, unused)
    add_stop(resolver, unused, unused)
    add_stations(resolver, unused)
    add_reservations(resolver, unused)
    made = resolver.get_openapi_schema(
        title="Driver API",
        version=VERSION,
        description="The API for drivers' apps. A driver sees only his own charges and reservations.",
        servers=[Server(url=url)],
        security_schemes={"driver": HTTPBearer(bearerFormat="JWT", description="From your OpenID issuer")},
        security=[{"driver": []}],
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name in UNUSED:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path in made["paths"].values():
        for operation in path.values():
            _with_headers(operation)
            operation["responses"].pop("422", None)
            operation["responses"].pop("500", None)
            operation["responses"]["default"] = {
                "description": "A problem (RFC 9457)",
                "headers": RETRY_AFTER,
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    return made


def _with_headers(operation: dict[str, Any]) -> None:
    parameters, responses = operation.setdefault("parameters", []), operation["responses"]
    for each in parameters:
        if each["in"] == "header":
            # Powertools writes them in lower case, but clients use them as names of arguments.
            each["name"] = each["name"].title()
    parameters.append(ACCEPT_LANGUAGE)
    if "202" in responses:
        responses["202"]["headers"] = LOCATION | RETRY_AFTER
    if "304" in responses:
        parameters.append(IF_NONE_MATCH)
        responses["200"]["headers"] = ETAG | RETRY_AFTER
        responses["304"] = {"description": responses["304"]["description"], "headers": ETAG | RETRY_AFTER}
