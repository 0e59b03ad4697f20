"""GET /ocpi/versions and /ocpi/2.2.1. The Hub uses them as its health probe.

It also answers every request to a path or method that does not exist: 404 or 405 in OCPI's envelope.
"""

from emsp.connection.our_versions import VERSION, version_details, versions
from emsp.deadline import LambdaContext
from emsp.receiver.authentication import Authentication
from emsp.receiver.entry import ApiGatewayAnswer, ApiGatewayEvent, Operation, answer_request, called_path
from emsp.receiver.request import Answer, Request
from emsp.settings import Settings
from emsp.stores.aws import dynamodb_client
from emsp.stores.inbound_tokens import InboundTokens
from emsp.stores.time_left import begin_invocation

settings = Settings()
tokens = InboundTokens(dynamodb_client(), settings.control_table)
authentication = Authentication(tokens.read)


def get_versions(request: Request) -> Answer:
    return Answer(versions(request.url))


def get_version_details(request: Request) -> Answer:
    return Answer(version_details(request.url))


SERVED: dict[str, dict[str, Operation]] = {
    "/ocpi/versions": {"GET": get_versions},
    f"/ocpi/{VERSION}": {"GET": get_version_details},
}


def handler(event: ApiGatewayEvent, context: LambdaContext) -> ApiGatewayAnswer:
    begin_invocation(context)
    operations = SERVED.get(called_path(event).rstrip("/"), {})
    return answer_request(event, authentication, operations, settings.optional_public_base_url)
