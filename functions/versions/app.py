"""GET /ocpi/versions and /ocpi/2.2.1, the Hub's health probe; and the enveloped 404 or 405 of every route not
served.
"""

import time
from datetime import UTC, datetime

from emsp.our_versions import VERSION, version_details, versions
from emsp.receiver.authentication import Authentication
from emsp.receiver.entry import ApiGatewayAnswer, ApiGatewayEvent, Operation, answer_request
from emsp.receiver.errors import MethodNotAllowed, UnknownPath
from emsp.receiver.request import Answer, Request
from emsp.receiver.routes import methods_of
from emsp.settings import Settings
from emsp.stores.aws import secretsmanager_client
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.time_left import LambdaContext, begin_invocation

settings = Settings()
tokens = InboundTokens(secretsmanager_client(), settings.inbound_tokens_secret_id)
authentication = Authentication(tokens.read, lambda: datetime.now(UTC), time.monotonic)


def get_versions(request: Request) -> Answer:
    return Answer(versions(request.url))


def get_version_details(request: Request) -> Answer:
    return Answer(version_details(request.url))


def refuse(request: Request) -> Answer:
    allowed = methods_of(request.path)
    if not allowed:
        raise UnknownPath("there is nothing at this path")
    raise MethodNotAllowed(
        f"{request.method} is not served here, only {', '.join(allowed)}", {"Allow": ", ".join(allowed)}
    )


SERVED: dict[tuple[str, str], Operation] = {
    ("GET", "/ocpi/versions"): get_versions,
    ("GET", f"/ocpi/{VERSION}"): get_version_details,
}


def handler(event: ApiGatewayEvent, context: LambdaContext) -> ApiGatewayAnswer:
    begin_invocation(context)
    method = str(event.get("httpMethod", ""))
    operation = SERVED.get((method, str(event.get("path", "")).rstrip("/")), refuse)
    return answer_request(event, authentication, {method: operation}, settings.optional_public_base_url)
