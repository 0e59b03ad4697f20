"""The OpenAPI 3.1 document of the driver's API, from the routes and their models."""

from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

from emsp.driver_api.http_api import PROBLEM
from emsp.driver_api.problems import Problems

VERSION: Final = "1.0.0"
"""Of the API. What breaks an app makes a new `/v2`."""

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457, with a sentence for the driver",
    "type": "object",
    "required": ["type", "title", "status", "detail", "message"],
    "properties": {
        "type": {"type": "string", "enum": [each.type for each in Problems], "description": "Stable"},
        "title": {"type": "string", "description": "What this type is, for the developer"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What it was this time, for the developer"},
        "message": {"type": "string", "description": "For the driver, in the language of Accept-Language"},
        "errors": {
            "type": "array",
            "description": "The fields of a request that can't be used",
            "items": {
                "type": "object",
                "required": ["path", "problem"],
                "properties": {"path": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
UNUSED: Final = ("HTTPValidationError", "ValidationError")
"""What Powertools would answer to a bad request; we answer a Problem."""


def document(resolver: APIGatewayHttpResolver, url: str) -> dict[str, Any]:
    """All routes of the resolver, with the problem that each may answer."""
    made = resolver.get_openapi_schema(
        title="Driver API",
        version=VERSION,
        description="What a driver's app calls. Every driver sees only what is the driver's own.",
        servers=[Server(url=url)],
        security_schemes={"driver": HTTPBearer(bearerFormat="JWT", description="From your OpenID issuer")},
        security=[{"driver": []}],
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name in UNUSED:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    problem = {
        "description": "A problem (RFC 9457)",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in made["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
    return made
