"""A driver's app, as the gateway brings its requests to the function."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from tests.integration.lambda_context import Context

URL = "https://drivers.example.com/v1"
DRIVER, OTHER = "DRIVER-0001", "DRIVER-0002"


@dataclass(frozen=True)
class Answer:
    """What the app gets."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def problem(self) -> str:
        """The end of its type."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return str(self.json["type"]).removeprefix("urn:problem-type:")


@dataclass(frozen=True)
class Phone:
    """Signed in as the driver of these claims; None is not signed in."""

    app: ModuleType
    claims: Mapping[str, Any] | None

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        raw: str | None = None,
        **headers: str,
    ) -> Answer:
        """`headers` as names with underscores."""
        path, _, written = path.partition("?")
        asked = [*parse_qsl(written), *((query or {}).items())]
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        text = raw or (None if body is None else json.dumps(body))
        return self.event(event(method, path, self.claims, query=asked, headers=sent, body=text))

    def event(self, event: dict[str, Any]) -> Answer:
        answer = json.loads(json.dumps(self.app.handler(event, Context(30))))
        return Answer(answer["statusCode"], answer["headers"], answer.get("body", ""))


def event(
    method: str,
    path: str,
    claims: Mapping[str, Any] | None,
    *,
    query: Sequence[tuple[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> dict[str, Any]:
    """Payload format 2.0."""
    open_to_all = path == "/openapi.json"
    route = f"{method} {path}" if open_to_all else f"{method} /{{proxy+}}"
    joined: dict[str, str] = {}
    for name, value in query:
        joined[name] = f"{joined[name]},{value}" if name in joined else str(value)
    request: dict[str, Any] = {
        "http": {"method": method, "path": f"/v1{path}"},
        "stage": "v1",
        "requestId": "r-1",
        "routeKey": route,
    }
    if claims is not None:
        request["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": f"/v1{path}",
        "rawQueryString": urlencode(query),
        "headers": dict(headers or {}),
        "requestContext": request,
        **({"queryStringParameters": joined} if joined else {}),
        **({} if open_to_all else {"pathParameters": {"proxy": unquote(path[1:])}}),
        **({"body": body} if body else {}),
        "isBase64Encoded": False,
    }
